<?php
// What every script here needs: where the server is, and how to say that something is wrong.

error_reporting(E_ALL);
set_error_handler(function (int $level, string $text, string $file, int $line): bool {
    if (error_reporting() & $level) {
        fail("$text ($file:$line)");
    }
    return true;
});

define('URL', getenv('CARTWRIGHT_URL'));
define('KEY', getenv('CARTWRIGHT_KEY'));
define('SITE', getenv('CARTWRIGHT_SITE'));
define('ACCOUNT', getenv('CARTWRIGHT_ACCOUNT'));
define('HOSTILE_NAME', getenv('HOSTILE_NAME'));

function fail(string $text): never
{
    fwrite(STDERR, "$text\n");
    exit(1);
}

function expect(mixed $expected, mixed $got, string $what): void
{
    if ($expected !== $got) {
        fail("$what: expected " . var_export($expected, true) . ', got ' . var_export($got, true));
    }
}

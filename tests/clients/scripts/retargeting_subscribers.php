<?php
// Subscribers as the vendor's plugins keep them: a GET, and one second for the whole of it.

require __DIR__ . '/prelude.php';

function call(string $what, array $fields): array
{
    $context = stream_context_create(['http' => ['timeout' => 1]]);
    $answer = file_get_contents(URL . "/v1/subscriber-$what?" . http_build_query(['k' => KEY] + $fields), false, $context);
    return json_decode($answer, true, 512, JSON_THROW_ON_ERROR);
}

$ann = ['email' => 'ann+news@example.com', 'name' => HOSTILE_NAME, 'phone' => '+40 712 345 678'];
$done = ['status' => 'success', 'data' => null];
expect(['status' => 'error', 'data' => 'Subscriber not found!'], call('status', $ann), 'nobody');
expect($done, call('register', $ann), 'register');
expect('Subscriber already exists!', call('register', $ann)['message'], 'twice');
expect('Another subscriber has this phone number!', call('register', ['email' => 'bob@example.com'] + $ann)['message'], 'phone');
expect(['email' => 'subscribed', 'sms' => 'subscribed'], call('status', $ann)['data'], 'status');
expect($done, call('unsubscribe', ['email' => $ann['email']]), 'unsubscribe');
expect(['email' => 'unsubscribed', 'sms' => 'subscribed'], call('status', $ann)['data'], 'status afterwards');
$answer = call('register', ['email' => 'cleo@example.com', 'phone' => '1234']);
expect(['phone' => ['The phone must be at least 9 characters']], $answer['data']['validator'], 'a short phone');

$window = http_build_query(['rest_key' => KEY]);
$answer = json_decode(file_get_contents(URL . "/v1/unsubscribed-emails?$window"), true);
expect(['status' => 'success', 'data' => ['ann+news@example.com']], $answer, 'unsubscribed-emails');

$answer = json_decode(file_get_contents(URL . '/v1/discount-codes?' . http_build_query(['k' => KEY, 'date' => '2026-03-15'])), true);
expect(['status' => 'success', 'data' => []], $answer, 'discount-codes');
$answer = json_decode(file_get_contents(URL . '/v1/discount-codes?' . http_build_query(['k' => KEY, 'date' => '15.03.2026'])), true);
expect(['status' => 'Incorrect date'], $answer, 'discount-codes of no day');

echo "all is well\n";

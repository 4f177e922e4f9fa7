<?php
// What PHP does with an address that was not encoded: its own wrapper sends it as it is and gets nothing, curl refuses a
// blank by itself. So a script encodes what it puts into an address.

require __DIR__ . '/prelude.php';

$endpoint = URL . '/ss/v1/?key=' . KEY . '&siteid=' . SITE . '&email=';
foreach (['jösé@example.com', 'ann m@example.com'] as $email) {
    expect(false, @file_get_contents($endpoint . $email), "file_get_contents of $email");
    expect(0, strpos($http_response_header[0] ?? '', 'HTTP/1.1 400'), "its answer to $email");
}

$curl = curl_init($endpoint . 'ann m@example.com');
curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
expect(false, curl_exec($curl), 'curl with a blank');

$answer = json_decode(file_get_contents($endpoint . rawurlencode('jösé@example.com')), true);
expect(100, $answer['resp'], 'encoded');

echo "all is well\n";

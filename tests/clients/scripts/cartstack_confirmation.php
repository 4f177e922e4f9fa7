<?php
// A purchase told by a shop's plugin: the address not encoded, a total as PHP subtracts it, a GET with a foreign body.

require __DIR__ . '/prelude.php';

function get(string $url, array $options = []): array
{
    $curl = curl_init($url);
    curl_setopt_array($curl, $options + [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_ENCODING => '',
        CURLOPT_HTTP_VERSION => CURL_HTTP_VERSION_1_1,
        CURLOPT_USERAGENT => 'WordPress/6.8; https://shop.example',
    ]);
    $answer = curl_exec($curl);
    if ($answer === false) {
        fail(curl_error($curl));
    }
    return json_decode($answer, true, 512, JSON_THROW_ON_ERROR);
}

$saved = ['resp' => 100, 'err_txt' => ''];
$total = 20.98 - 2.99 - 0;
expect('17.990000000000002', var_export($total, true), 'a total as PHP has it');
$endpoint = URL . '/ss/v1/?key=' . KEY . '&siteid=' . SITE . '&email=[EMAIL]&total=[TOTAL]';
$url = str_replace('[TOTAL]', var_export($total, true), str_replace('[EMAIL]', 'ann+x@example.com', $endpoint));
expect($saved, get($url), 'the address as it is');
expect($saved, get($url), 'a reload of the thank-you page');

$query = ['key' => KEY, 'siteid' => SITE, 'email' => 'bob+y@example.com', 'total' => 12.5];
expect($saved, get(URL . '/ss/v1/?' . http_build_query($query), [
    CURLOPT_CUSTOMREQUEST => 'GET',
    CURLOPT_POSTFIELDS => "{\r\n    \"is_portal_enabled\": true\r\n}",
    CURLOPT_HTTPHEADER => ['authorization: Zoho-oauthtoken 1000.0a23', 'content-type: application/json;charset=UTF-8'],
]), 'a GET with a body of somebody else');

$answer = json_decode(file_get_contents(URL . '/ss/v1/?' . http_build_query(['email' => 'nobody@example.com'] + $query)), true);
expect(102, $answer['resp'], 'an address without a cart');

echo "all is well\n";

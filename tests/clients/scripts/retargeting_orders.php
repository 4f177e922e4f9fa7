<?php
// Orders as the vendor's client saves them: nested arrays through http_build_query, and a form that was put together by hand.

require __DIR__ . '/prelude.php';

function save(string $body): array
{
    $curl = curl_init(URL . '/api/1.0/order/save.json');
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, true);
    curl_setopt($curl, CURLOPT_POST, true);
    curl_setopt($curl, CURLOPT_POSTFIELDS, $body);
    $answer = curl_exec($curl);
    if ($answer === false) {
        fail(curl_error($curl));
    }
    return json_decode($answer, true, 512, JSON_THROW_ON_ERROR);
}

$order = [
    'order_no' => 1001, 'lastname' => 'Müller', 'firstname' => 'Ann', 'email' => 'ann+x@example.com', 'phone' => '',
    'state' => 'Cluj', 'city' => 'Cluj-Napoca', 'adress' => "Str. 1 & 2\nap. 3", 'discount' => 0,
    'discount_code' => ['SPRING', 'SUMMER'], 'shipping' => 10, 'rebates' => 0, 'fees' => 0, 'total' => '1.234,50',
];
$lines = [
    ['id' => 42, 'quantity' => 1, 'price' => '12,50', 'variation_code' => false],
    ['id' => 43, 'quantity' => 2, 'price' => 17.99, 'variation_code' => 'red-xl'],
];
$saved = ['version' => '1.0', 'status' => 200, 'message' => 'OK', 'data' => ['success' => true]];
$form = http_build_query(['api_key' => KEY, $order, $lines]);
expect($saved, save($form), 'an order');
expect('Order number exists', save($form)['data']['error'], 'the same order');

$by_hand = 'api_key=' . KEY . '&0[order_no]=1002&0[lastname]=M&0[email]=' . urlencode('bob@example.com')
    . '&0[adress]=' . urlencode('Str. 1') . '&0[discount_code]=SPRING&0[total]=17.990000000000002'
    . '&1[0][id]=42&1[0][quantity]=1&1[0][price]=17.99&1[0][variation_code]=&';
expect($saved, save($by_hand), 'a form by hand');

$answer = save(http_build_query(['api_key' => 'wrong', $order, $lines]));
expect(['version' => '1.0', 'status' => '401', 'message' => 'Unauthorized', 'error' => 'Invalid Authentication Data'], $answer, 'a wrong key');

$context = stream_context_create(['http' => [
    'method' => 'POST',
    'header' => "Content-Type: application/x-www-form-urlencoded\r\n",
    'content' => http_build_query(['api_key' => KEY, ['order_no' => 1003, 'email' => 'cleo@example.com', 'total' => 25]]),
]]);
expect($saved, json_decode(file_get_contents(URL . '/api/1.0/order/save.json', false, $context), true), 'without curl');

echo "all is well\n";

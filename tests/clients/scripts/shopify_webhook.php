<?php
// An order as Shopify tells it, signed as its documentation does it in PHP.

require __DIR__ . '/prelude.php';

function tell(string $body, string $signature): array
{
    $curl = curl_init(URL . '/wh/order/?platform=shopify&siteid=' . rawurlencode(SITE));
    curl_setopt_array($curl, [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_POSTFIELDS => $body,
        CURLOPT_HTTPHEADER => [
            'Content-Type: application/json',
            'X-Shopify-Topic: orders/create',
            "X-Shopify-Hmac-Sha256: $signature",
        ],
    ]);
    $answer = curl_exec($curl);
    return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), json_decode($answer, true)];
}

$body = json_encode([
    'id' => 450789469, 'name' => HOSTILE_NAME, 'email' => 'ann+x@example.com', 'currency' => 'USD', 'total_price' => '17.99',
    'created_at' => '2026-03-15T12:00:00+00:00', 'line_items' => [['product_id' => 1, 'title' => HOSTILE_NAME, 'quantity' => 1, 'price' => '17.99']],
]);
$signature = base64_encode(hash_hmac('sha256', $body, KEY, true));
expect(401, tell($body, base64_encode(hash_hmac('sha256', $body, 'wrong', true)))[0], 'a wrong signature');
expect([200, ['received' => true]], tell($body, $signature), 'an order');
expect([200, ['received' => true]], tell($body, $signature), 'the same order');

echo "all is well\n";

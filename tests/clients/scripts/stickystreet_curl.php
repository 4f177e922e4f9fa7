<?php
// The loyalty dashboard by curl: an array becomes multipart/form-data, a query string a form.

require __DIR__ . '/prelude.php';

function call(array|string $fields, array $headers = []): string
{
    $curl = curl_init(URL . '/api.php');
    curl_setopt($curl, CURLOPT_POST, 1);
    curl_setopt($curl, CURLOPT_POSTFIELDS, $fields);
    curl_setopt($curl, CURLOPT_RETURNTRANSFER, 1);
    curl_setopt($curl, CURLOPT_FAILONERROR, 1);
    curl_setopt($curl, CURLOPT_HTTPHEADER, $headers);
    $answer = curl_exec($curl);
    if ($answer === false) {
        fail(curl_error($curl));
    }
    return $answer;
}

$fields = [
    'user_id' => 'john',
    'user_api_key' => KEY,
    'account_id' => ACCOUNT,
    'type' => 'dashboard',
    'API' => '1.5',
    'most_active' => 10,
    'customer_count' => 'Y',
    'active_campaign_count' => '10',
    'last_X_transactions' => '10',
];

foreach (['multipart' => $fields, 'form' => http_build_query($fields)] as $kind => $body) {
    $xml = simplexml_load_string(call($body));
    if ($xml === false) {
        fail("$kind: no XML");
    }
    expect('success', (string) $xml['status'], "$kind: status");
    expect(HOSTILE_NAME, (string) $xml->most_active->customer[0]->first_name, "$kind: first_name");
    expect('2', (string) $xml->last_X_transactions->transactions, "$kind: transactions");
    expect(2, count($xml->last_X_transactions->transaction), "$kind: rows");
    expect(HOSTILE_NAME, (string) $xml->last_X_transactions->transaction[1]->description, "$kind: description");
    expect('1', (string) $xml->active_campaigns_count, "$kind: active_campaigns_count");
}

$json = json_decode(call($fields + ['output' => 'JSON', 'condensed' => 'yes']), true, 512, JSON_THROW_ON_ERROR);
expect('success', $json['status'], 'JSON: status');
expect(HOSTILE_NAME, $json['most_active'][0]['first_name'], 'JSON: first_name');
expect('1', $json['total_customers']['all_time'], 'JSON: all_time');

// The header alone counts when it is there.
$by_header = ['user_api_key' => 'wrong'] + $fields;
$xml = simplexml_load_string(call($by_header, ['api_access_key: ' . KEY]));
expect('success', (string) $xml['status'], 'header: status');
$xml = simplexml_load_string(call($fields, ['api_access_key: wrong']));
expect('error', (string) $xml['status'], 'wrong header: status');

echo "all is well\n";

<?php
// The loyalty dashboard as a short script reads it: file_get_contents and a SimpleXMLElement.

require __DIR__ . '/prelude.php';

$credentials = ['user_id' => 'john', 'user_api_key' => KEY, 'account_id' => ACCOUNT, 'API' => '1.6'];

function fetch(array $fields): SimpleXMLElement
{
    return new SimpleXMLElement(file_get_contents(URL . '/?' . http_build_query($fields)));
}

$xml = fetch($credentials + [
    'type' => 'dashboard',
    'customer_count' => 'Y',
    'total_customers_this_month' => 'Y',
    'campaigns_per_day_activity' => '2',
    'last_X_customers' => '5',
]);
expect('success', (string) $xml->attributes()->status, 'status');
$names = [];
foreach ($xml->children() as $section) {
    $names[] = $section->getName();
}
expect(['total_customers', 'campaigns_per_day_activity', 'last_X_customers'], $names, 'sections');
expect('1', (string) $xml->total_customers->this_month, 'this_month');
foreach ($xml->campaigns_per_day_activity->campaign as $campaign) {
    expect('Points & more', (string) $campaign->campaign_name, 'campaign_name');
    expect(2, count($campaign->day), 'days');
    expect('2', (string) $campaign->day[1]->quantity, 'quantity');
}
expect(HOSTILE_NAME, (string) $xml->last_X_customers->customer->first_name, 'first_name');

$xml = fetch(['user_api_key' => 'wrong', 'type' => 'dashboard', 'customer_count' => 'Y'] + $credentials);
expect('error', (string) $xml['status'], 'status of a wrong key');
expect(1, count($xml->error), 'errors');

// A POST by a stream context, as those write it who have no curl.
$context = stream_context_create(['http' => [
    'method' => 'POST',
    'header' => "Content-Type: application/x-www-form-urlencoded\r\n",
    'content' => http_build_query($credentials + ['type' => 'dashboard', 'customer_count' => 'Y']),
]]);
$xml = new SimpleXMLElement(file_get_contents(URL . '/api.php', false, $context));
expect('1', (string) $xml->total_customers->all_time, 'all_time');

echo "all is well\n";

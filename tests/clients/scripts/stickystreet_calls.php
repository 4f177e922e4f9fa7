<?php
// A till's day by curl with an array, which is multipart/form-data: customers, campaigns, earning, redeeming, reports, users.

require __DIR__ . '/prelude.php';

function call(string $type, array $fields = []): SimpleXMLElement
{
    $curl = curl_init(URL . '/api.php');
    $who = ['user_id' => 'jane', 'user_api_key' => KEY, 'account_id' => ACCOUNT, 'type' => $type];
    curl_setopt_array($curl, [CURLOPT_POST => 1, CURLOPT_POSTFIELDS => $who + $fields, CURLOPT_RETURNTRANSFER => 1, CURLOPT_FAILONERROR => 1]);
    $answer = curl_exec($curl);
    $xml = $answer === false ? false : simplexml_load_string($answer);
    return $xml === false ? fail("$type: no XML: $answer") : $xml;
}

function done(string $type, array $fields = []): SimpleXMLElement
{
    $xml = call($type, $fields);
    expect('success', (string) $xml['status'], "$type: " . $xml->error);
    return $xml;
}

$code = (string) done('record_customer', [
    'customer_action' => 'new', 'first_name' => HOSTILE_NAME, 'email' => 'ann+x@example.com', 'card_number' => '77',
])->customer->code;
done('record_customer', ['customer_action' => 'edit', 'code' => $code, 'last_name' => 'Smith']);
$info = done('customer_info', ['card_number' => '77'])->customer;
expect([HOSTILE_NAME, 'Smith'], [(string) $info->first_name, (string) $info->last_name], 'customer_info');
expect($code, (string) done('customer_search', ['email' => 'ann+x'])->customers->customer->code, 'customer_search');

$campaign = (string) done('campaign_new', ['campaign_type' => 'points', 'campaign_name' => HOSTILE_NAME, 'points_ratio' => '2'])->campaign_id;
$listed = done('campaigns_list', ['type_restrict' => 'points'])->xpath("campaigns/campaign[id='$campaign']");
expect(HOSTILE_NAME, (string) $listed[0]->name, 'campaigns_list');

$at = ['campaign_id' => $campaign, 'code' => $code];
$earned = done('record_activity', $at + ['amount' => '10.50', 'authorization' => HOSTILE_NAME, 'client_reference' => 'till-1'])->receipt;
expect(['21', '21'], [(string) $earned->amount, (string) $earned->balance], 'record_activity');
$again = done('record_activity', $at + ['amount' => '10.50', 'client_reference' => 'till-1'])->receipt;
expect([(string) $earned->transaction_id, '21'], [(string) $again->transaction_id, (string) $again->balance], 'the same call');
expect('The amount entered exceeds the available balance', (string) call('redeem', $at + ['amount' => '22'])->error, 'too much');
$redeemed = done('redeem', $at + ['amount' => '20'])->receipt;
expect('1', (string) $redeemed->balance, 'redeem');
done('transaction_delete', ['transaction_id' => (string) $redeemed->transaction_id]);
expect('error', (string) call('transaction_delete', ['transaction_id' => (string) $redeemed->transaction_id])['status'], 'twice');
expect('21', (string) done('customer_balance', $at + ['transactions_number' => '0'])->campaign->customer->balance, 'customer_balance');

$rows = done('reports', ['report' => 'transactions_all', 'campaign_id' => $campaign])->transaction;
expect([1, HOSTILE_NAME], [count($rows), (string) $rows[0]->description], 'transactions_all');
expect(0, count(done('reports', ['report' => 'transactions_redeemed', 'campaign_id' => $campaign])->transaction), 'transactions_redeemed');
expect('21', (string) done('reports', ['report' => 'customers_balances', 'campaign_id' => $campaign])->xpath("customer[code='$code']")[0]->balance, 'customers_balances');
expect('Not a valid date.', (string) call('reports', ['report' => 'customers_new', 'date_start' => '2026-02-30'])->error, 'a day that is none');

done('campaign_deactivate', ['campaign_id' => $campaign]);
expect('Campaign not valid or deactivated.', (string) call('record_activity', $at + ['amount' => '1'])->error, 'an ended campaign');
done('campaign_reactivate', ['campaign_id' => $campaign]);

done('user_new', ['user_name' => 'till', 'user_role' => 'observer', 'allowed_campaigns' => 'none']);
expect('success', (string) done('account_info')['status'], 'account_info');
expect(true, str_contains(done('users_list')->asXML(), 'till'), 'users_list');

echo "all is well\n";

// Every vendor's interface by fetch: forms, multipart, JSON, and JSONP run as a page would run it.

import vm from 'node:vm';

const { CARTWRIGHT_URL: url, CARTWRIGHT_KEY: key, CARTWRIGHT_SITE: site, CARTWRIGHT_ACCOUNT: account, HOSTILE_NAME: hostile } =
  process.env;

function expect(expected, got, what) {
  if (JSON.stringify(expected) !== JSON.stringify(got)) {
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`);
  }
}

const order = new URLSearchParams({
  api_key: key, '0[order_no]': '2001', '0[email]': 'ann+x@example.com', '0[total]': '17,99', '1[0][id]': '42',
});
const saved = await (await fetch(`${url}/api/1.0/order/save.json`, { method: 'POST', body: order })).json();
expect({ success: true }, saved.data, 'order/save');
const query = new URLSearchParams({ key, siteid: site, email: 'ann+x@example.com', total: String(17.99), orderid: '2001' });
const confirmed = await (await fetch(`${url}/ss/v1/?${query}`)).json();
expect({ resp: 100, err_txt: '' }, confirmed, 'the same order at another door');

const credentials = { user_id: 'john', user_api_key: key, account_id: account, type: 'dashboard', API: '1.5', last_X_customers: '1' };
const form = new FormData();
Object.entries({ ...credentials, output: 'JSON' }).forEach(([name, value]) => form.set(name, value));
const loyal = await (await fetch(`${url}/api.php`, { method: 'POST', body: form })).json();
expect(hostile, loyal.last_X_customers[0].first_name, 'multipart');

const jsonp = await fetch(`${url}/?${new URLSearchParams({ ...credentials, callback: 'shop.show' })}`);
expect('application/javascript; charset=utf-8', jsonp.headers.get('content-type'), 'content type of JSONP');
let shown;
vm.runInNewContext(await jsonp.text(), { shop: { show: (reply) => (shown = reply) } });
expect(hostile, shown.last_X_customers[0].first_name, 'JSONP');
const refused = await fetch(`${url}/?${new URLSearchParams({ ...credentials, callback: 'alert(1)//' })}`);
expect('Callback not valid.', (await refused.json()).error, 'a callback that is none');

const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
const body = JSON.stringify({ email: 'bob@example.com', items: [{ product_id: 'p', product_name: hostile, quantity: 1, unit_price: 5 }] });
const made = await fetch(`${url}/v1/carts`, { method: 'POST', headers, body });
expect(201, made.status, 'a cart');
const cart = await made.json();
const read = await (await fetch(`${url}/v1/carts/${cart.id}`, { headers })).json();
expect(hostile, read.items[0].product_name, 'a line');
const coupon = { type: 'percent', value: 10, code: 'SPRING' };
const added = await fetch(`${url}/v1/coupons`, { method: 'POST', headers, body: JSON.stringify(coupon) });
expect(201, added.status, 'a coupon');
const taken = await fetch(`${url}/v1/carts/${cart.id}/coupons`, { method: 'POST', headers, body: JSON.stringify({ code: 'spring' }) });
expect('SPRING', (await taken.json()).applied_coupons[0].code, 'a coupon taken');
const status = await (await fetch(`${url}/v1/subscriber-register?${new URLSearchParams({ k: key, email: 'bob@example.com', name: hostile })}`)).json();
expect({ status: 'success', data: null }, status, 'subscriber-register');

console.log('all is well');

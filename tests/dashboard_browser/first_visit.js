// The first visit as somebody makes it: the set-up link, the keys, out and in again, a key made and revoked behind its
// question, a setting that is refused and keeps what was typed. Called with the link.
import { open, watch } from './browser.js';

const [link] = process.argv.slice(2);
const base = new URL(link).origin;
const password = 'correct horse battery staple';
const faults = [];

function check(fits, what) {
  if (!fits) faults.push(what);
}

const browser = await open();
const context = await browser.newContext({ timezoneId: 'Europe/Paris' });
const page = await context.newPage();
page.setDefaultTimeout(10_000);
watch(page, base, faults);

await page.goto(link);
check((await page.getByLabel('Time zone').inputValue()) === 'Europe/Paris', 'the zone is not filled in');
await page.getByLabel('Name of your shop').fill('Larch & Linen');
await page.getByLabel('Currency').fill('EUR');
await page.getByLabel('Your user name').fill('ann');
await page.getByLabel('Password').fill(password);
await page.getByRole('button', { name: 'Make it' }).click();
await page.getByRole('heading', { name: 'Larch & Linen is ready' }).waitFor();
check((await page.locator('pre').first().textContent()).startsWith('cw_'), 'no key is shown');
const key = (await page.locator('pre').first().textContent()).trim();
await page.getByRole('link', { name: 'I have kept them' }).click();
await page.getByRole('heading', { name: 'Overview' }).waitFor();

// The first cart comes from the shop's server, and the page that waits for it turns green by itself.
await page.getByRole('link', { name: 'Get started' }).first().click();
await page.getByText('Waiting for the first cart').waitFor();
const told = await fetch(`${base}/v1/carts`, {
  method: 'POST',
  headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
  body: JSON.stringify({ email: 'bob@example.com', items: [{ product_id: 'beans', name: 'Beans', quantity: 2, unit_price: 900 }] }),
});
check(told.status === 201, `the cart is answered ${told.status}`);
await page.getByText('A cart arrived.').waitFor();

await page.getByRole('link', { name: 'Settings', exact: true }).click();
await page.getByLabel('Abandoned after').fill('a while');
await page.getByRole('button', { name: 'Save carts and recovery' }).click();
await page.getByText('must be a length of time').waitFor();
check((await page.getByLabel('Abandoned after').inputValue()) === 'a while', 'what was typed is gone');
// While the server works the button says so, and a second press sends nothing.
let sent = 0;
page.on('request', (request) => { if (request.method() === 'POST') sent += 1; });
await page.getByLabel('Abandoned after').fill('45m');
const busy = await page.getByRole('button', { name: 'Save carts and recovery' }).evaluate((button) => {
  button.click();
  button.click();
  return button.getAttribute('aria-busy');
});
check(busy === 'true', 'the button does not show that something goes on');
await page.getByText('The settings are saved.').waitFor();
check(sent === 1, `the form was sent ${sent} times`);
check((await page.locator('[aria-busy]').count()) === 0, 'the page seems to be still at work');

await page.getByRole('link', { name: 'Keys', exact: true }).click();
await page.getByLabel('carts:read').check();
await page.getByRole('button', { name: 'Make the key' }).click();
await page.getByRole('heading', { name: 'Your new key' }).waitFor();
await page.locator('summary', { hasText: 'Revoke' }).first().click();
await page.keyboard.press('Escape');
check(!(await page.getByRole('button', { name: 'Revoke this key' }).first().isVisible()), 'Escape does not take a question back');
await page.locator('summary', { hasText: 'Revoke' }).first().click();
await page.getByRole('button', { name: 'Revoke this key' }).first().click();
await page.getByText('The key is revoked.').waitFor();

// By keyboard alone: the first stop leads past the navigation.
await page.goto(`${base}/dashboard`);
await page.keyboard.press('Tab');
check((await page.evaluate(() => document.activeElement.textContent)) === 'Skip to the content', 'the first stop is not the skip link');

await page.getByRole('button', { name: 'Sign out' }).click();
await page.getByRole('heading', { name: 'Sign in' }).waitFor();
await page.getByLabel('User').fill('ann');
await page.getByLabel('Password').fill('not this one, sorry');
await page.getByRole('button', { name: 'Sign in' }).click();
await page.getByText('do not belong together').waitFor();
await page.getByLabel('Password').fill(password);
await page.getByRole('button', { name: 'Sign in' }).click();
await page.getByRole('heading', { name: 'Overview' }).waitFor();

await browser.close();
// Chromium tells of every 4xx in the console; those that were meant are no faults.
const real = faults.filter((fault) => !/status of 422/.test(fault));
for (const fault of real) console.log(fault);
process.exit(real.length ? 1 : 0);

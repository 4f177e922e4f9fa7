// The whole way, as somebody walks it who tries Cartwright: the set-up link, the shop's first owner, the settings that a
// letter wants, the demo's shop with the real script, a cart that is left, the clock moved from the page, the letter in
// the mailbox, back to the cart, the purchase, and the first recovered cart on the overview. Called with the set-up link.
import { open, watch } from './browser.js';

const [link] = process.argv.slice(2);
const base = new URL(link).origin;
const shopper = 'shopper@example.com';
const faults = [];

function check(fits, what) {
  if (!fits) faults.push(what);
}

const browser = await open();
// A browser that calls itself headless would be taken for the robot that it is.
const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';
const context = await browser.newContext({ userAgent, timezoneId: 'Europe/Paris' });

async function tab() {
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  watch(page, base, faults);
  return page;
}

const dashboard = await tab();
await dashboard.goto(link);
await dashboard.getByLabel('Name of your shop').fill('Larch & Linen');
await dashboard.getByLabel('Currency').fill('USD');
await dashboard.locator('summary').first().click();
await dashboard.getByLabel('Site id').fill('larch-and-linen');
await dashboard.getByLabel('Your user name').fill('ann');
await dashboard.getByLabel('Password').fill('correct horse battery staple');
await dashboard.getByRole('button', { name: 'Make it' }).click();
await dashboard.getByRole('link', { name: 'I have kept them' }).click();
await dashboard.getByRole('heading', { name: 'Overview' }).waitFor();
await dashboard.getByText('No postal address').first().waitFor();

await dashboard.goto(`${base}/dashboard/settings`);
await dashboard.locator('[name="letters.from"]').fill('hello@larch-and-linen.example');
await dashboard.locator('[name="postal_address"]').fill('14 Warren Street, Hudson, NY 12534, USA');
await dashboard.locator('form', { has: dashboard.locator('[name="postal_address"]') }).getByRole('button', { name: /^Save/ }).click();
await dashboard.getByText('The settings are saved.').waitFor();
await dashboard.goto(`${base}/dashboard`);
check((await dashboard.getByText('No postal address').count()) === 0, 'the postal address is still missed');

const shop = await tab();
await shop.goto(`${base}/demo/shop`);
await shop.getByText('Nothing in it yet.').waitFor();
// The script tells of the cart in pieces; what was said last has the address.
const told = shop.waitForResponse((answer) => answer.url().endsWith('/capture') && (answer.request().postData() || '').includes(shopper));
await shop.getByRole('button', { name: /Add to cart.*Stoneware mug/ }).click();
await shop.getByRole('button', { name: 'One Stoneware mug more' }).click();
check((await shop.locator('#total').textContent()) === '$44.00', 'the total is wrong');
await shop.getByLabel('Remind me of my cart by e-mail').check();
await shop.getByLabel('Your e-mail address').fill(shopper);
await shop.getByLabel('Your e-mail address').blur();
check((await told).ok(), 'the script is refused');
for (let round = 0; round < 3; round += 1) {
  const moved = shop.waitForResponse((answer) => answer.url().endsWith('/demo/clock'));
  await shop.getByRole('button', { name: '30 min' }).click();
  check((await moved).ok(), 'the clock does not move');
}

await dashboard.goto(`${base}/dashboard/carts?state=abandoned`);
await dashboard.getByRole('link', { name: shopper }).waitFor();
await dashboard.goto(`${base}/dashboard/letters/mailbox?email=${encodeURIComponent(shopper)}`);
await dashboard.locator('tbody th a').first().click();
const letter = dashboard.frameLocator('iframe[title="The letter"]');
await letter.getByText('Stoneware mug').first().waitFor();
const [back] = await Promise.all([
  context.waitForEvent('page'),
  letter.getByRole('link', { name: 'Back to your cart' }).click(),
]);
back.setDefaultTimeout(20_000);
watch(back, base, faults);
await back.getByText('Welcome back. Your cart is as you left it.').waitFor();
check((await back.locator('#total').textContent()) === '$44.00', 'the cart is not as it was');
await back.getByLabel('Your e-mail address').fill(shopper);
await back.getByRole('button', { name: 'Buy' }).click();
await back.getByText('It recovered a cart').waitFor();

await dashboard.goto(`${base}/dashboard?days=7`);
await dashboard.getByRole('row', { name: /shopper@example\.com.*\$44\.00/ }).waitFor();
await browser.close();
for (const fault of faults) console.log(fault);
process.exit(faults.length ? 1 : 0);

// The editor of a step: the preview follows what is typed, as HTML and as text, wide and as wide as a phone; what is wrong
// with a template is said in it, and nothing is kept until it is saved. Called with the set-up link.
import { open, watch } from './browser.js';

const [link] = process.argv.slice(2);
const base = new URL(link).origin;
const faults = [];

function check(fits, what) {
  if (!fits) faults.push(what);
}

const browser = await open();
const page = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
page.setDefaultTimeout(10_000);
watch(page, base, faults);
await page.goto(link);
await page.getByLabel('Name of your shop').fill('Larch & Linen');
await page.getByLabel('Currency').fill('EUR');
await page.getByLabel('Time zone').fill('Europe/Paris');
await page.getByLabel('Your user name').fill('ann');
await page.getByLabel('Password').fill('correct horse battery staple');
await page.getByRole('button', { name: 'Make it' }).click();
await page.getByRole('link', { name: 'I have kept them' }).click();

await page.goto(`${base}/dashboard/letters/steps/1`);
const frame = page.locator('.preview iframe:not(.coming)');
const letter = frame.contentFrame();
await letter.getByText('Still thinking it over?').waitFor();

// No button is pressed.
const html = page.getByLabel('HTML', { exact: true }).and(page.locator('textarea'));
await html.fill('<p>Dear {{ first_name }}, {{ total }} <script>document.title = "run"</script></p>');
await letter.getByText('Dear Ann, €48.00').waitFor();
await letter.getByText('Unsubscribe').waitFor();
await html.fill('<p>Dear {{ first_name }}</p>\n{{ total + 1 }}');
await letter.getByText('cannot be written on line 2').waitFor();
await html.fill('<p>Hello again</p>');
await letter.getByText('Hello again').waitFor();

const wide = (await frame.boundingBox()).width;
await page.locator('label[for="width-phone"]').click();
check((await frame.boundingBox()).width < Math.min(wide, 420), 'the phone is as wide as the desk');
await page.locator('label[for="part-text"]').click();
await letter.getByText('Linen towel').waitFor();
check((await letter.locator('pre').count()) === 1, 'the text part is not shown as text');
check((await page.locator('.preview iframe').count()) === 1, 'old frames stay');

await page.goto(`${base}/dashboard/letters/steps/1`);
check((await html.inputValue()) === '', 'a preview was saved');
await browser.close();
// The preview of a template with a fault answers 422, and Chromium says so; a script in it is blocked, and it says that too.
const real = faults.filter((fault) => !/status of 422|Blocked script execution|Content Security Policy/.test(fault));
for (const fault of real) console.log(fault);
process.exit(real.length ? 1 : 0);

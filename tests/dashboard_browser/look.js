// Looks at every page as people do: at two widths, in light and dark. Prints what is wrong, one line each, and ends with 1
// where anything is. Called with the address of a demo and its link that signs in.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { WIDTHS, address, open, signIn, watch } from './browser.js';
import { openPages, pages } from './pages.js';

const [base, enter] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const wrong = [];

async function look(page, wanted, label) {
  const faults = [];
  page.removeAllListeners();
  watch(page, base, faults);
  const answer = await page.goto(await address(page, base, wanted));
  if (answer.status() !== (wanted.status || 200)) faults.push(`answers ${answer.status()}`);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (over > 0) faults.push(`is ${over} px too wide`);
  // Everything that folds is opened, so that what is inside is looked at too.
  await page.evaluate(() => document.querySelectorAll('main details').forEach((one) => { one.open = true; }));
  const unfolded = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (unfolded > 0) faults.push(`is ${unfolded} px too wide with everything open`);
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run());
  for (const violation of found.violations) {
    const where = violation.nodes.slice(0, 3).map((node) => node.target.join(' ')).join(', ');
    faults.push(`axe: ${violation.id} (${violation.help}) at ${where}`);
  }
  wrong.push(...faults.map((fault) => `${wanted.name} ${label}: ${fault}`));
}

const browser = await open();
const signedIn = await signIn(browser, base, enter);
for (const [width, height] of WIDTHS) {
  for (const colorScheme of ['light', 'dark']) {
    const label = `at ${width}, ${colorScheme}`;
    for (const [list, storageState] of [[pages, signedIn], [openPages, undefined]]) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme, storageState });
      const page = await context.newPage();
      for (const wanted of list) await look(page, wanted, label);
      await context.close();
    }
  }
}
// Without scripts everything but live parts is there.
const plain = await browser.newContext({ viewport: { width: 1280, height: 900 }, javaScriptEnabled: false, storageState: signedIn });
const page = await plain.newPage();
for (const wanted of pages.filter((one) => !one.status)) {
  const answer = await page.goto(await address(page, base, wanted));
  if (!(await page.locator('h1').first().isVisible())) wrong.push(`${wanted.name} without scripts shows no title`);
  const size = (await answer.request().sizes()).responseBodySize;
  if (!(size > 0 && size < 100_000)) wrong.push(`${wanted.name} has ${size} bytes on the wire`);
  if (wanted.name !== 'shop' && answer.headers()['content-encoding'] !== 'gzip') wrong.push(`${wanted.name} is not compressed`);
}
await browser.close();
for (const line of wrong) console.log(line);
process.exit(wrong.length ? 1 : 0);

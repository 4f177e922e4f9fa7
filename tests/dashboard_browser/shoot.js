// Pictures of every page at both widths, in light and dark, into a folder. Called by docs/screenshots/make.
import { WIDTHS, address, open, signIn } from './browser.js';
import { openPages, pages } from './pages.js';

const [base, enter, folder] = process.argv.slice(2);
const browser = await open();
const signedIn = await signIn(browser, base, enter);
for (const [width, height] of WIDTHS) {
  for (const colorScheme of ['light', 'dark']) {
    for (const [list, storageState] of [[pages, signedIn], [openPages, undefined]]) {
      const context = await browser.newContext({ viewport: { width, height }, colorScheme, storageState });
      const page = await context.newPage();
      for (const wanted of list) {
        await page.goto(await address(page, base, wanted));
        await page.screenshot({ path: `${folder}/${wanted.name}-${width}-${colorScheme}.png`, fullPage: true });
        if (wanted.readme && width === 1280 && colorScheme === 'light') {
          await page.screenshot({ path: `${folder}/readme-${wanted.name}.png` });
        }
      }
      await context.close();
    }
  }
}
await browser.close();

// Chromium without a screen and without calls home, with a fresh profile.
import { chromium } from 'playwright-core';

export const WIDTHS = [[1280, 900], [390, 844]];

export function open() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync'],
  });
}

// What went wrong in a page: errors of its scripts, of its policy, and requests to anywhere else.
export function watch(page, base, faults) {
  page.on('console', (message) => {
    // A page that is meant to answer 404 says so here too; its status is checked where it is opened.
    if (message.type() === 'error' && !/status of 404/.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`script: ${error}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith('data:')) faults.push(`asks ${request.url()}`);
  });
}

// The address of a page of pages.js; the link of one that hangs on something is looked up.
export async function address(page, base, wanted) {
  if (wanted.path) return base + wanted.path;
  await page.goto(base + wanted.on);
  const href = await page.locator(wanted.link).first().getAttribute('href', { timeout: 5000 });
  return new URL(href, base).href;
}

// What a context of somebody who is signed in starts with: the link of a demo is followed, and what a demo lacks is made,
// so that every page has something to show.
export async function signIn(browser, base, enter) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(enter);
  await page.goto(`${base}/dashboard/webhooks`);
  await page.locator('summary', { hasText: 'Add an address' }).click();
  await page.getByRole('textbox', { name: 'Address' }).fill('https://till.larch-and-linen.example/carts');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByRole('heading', { name: 'Deliveries' }).waitFor({ timeout: 5000 });
  const state = await context.storageState();
  await context.close();
  return state;
}

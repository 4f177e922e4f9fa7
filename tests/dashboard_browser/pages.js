// Every page of the dashboard, by name. A page that hangs on something in the shop says where a link to it is: the page,
// and a selector of the link.
export const pages = [
  { name: 'overview', path: '/dashboard', readme: true },
  { name: 'overview-90-days', path: '/dashboard?days=90' },
  { name: 'definitions', path: '/dashboard/definitions' },
  { name: 'carts', path: '/dashboard/carts' },
  { name: 'carts-none', path: '/dashboard/carts?q=nobody' },
  { name: 'cart', on: '/dashboard/carts?state=recovered', link: 'tbody a', readme: true },
  { name: 'cart-abandoned', on: '/dashboard/carts?state=abandoned&email=known', link: 'tbody a' },
  { name: 'start', path: '/dashboard/start' },
  { name: 'start-woocommerce', path: '/dashboard/start/woocommerce' },
  { name: 'start-nopcommerce', path: '/dashboard/start/nopcommerce' },
  { name: 'start-shopify', path: '/dashboard/start/shopify' },
  { name: 'start-server', path: '/dashboard/start/server' },
  { name: 'settings', path: '/dashboard/settings' },
  { name: 'keys', path: '/dashboard/keys' },
  { name: 'users', path: '/dashboard/users' },
  { name: 'account', path: '/dashboard/account' },
  { name: 'not-found', path: '/dashboard/nowhere', status: 404 },
];

// Those that are seen without signing in.
export const openPages = [{ name: 'sign-in', path: '/dashboard/sign-in' }];

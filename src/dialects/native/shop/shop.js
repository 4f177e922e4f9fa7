// The demo's shop: a cart kept in this browser. What the real script is told stands in attributes and one call, as in any shop.
(function () {
  'use strict';
  const GOODS = [
    { id: 'p100', name: 'Linen duvet cover', price: 18900 },
    { id: 'p104', name: 'Waffle bath towel', price: 3900 },
    { id: 'p105', name: 'Larch wood serving board', price: 5800 },
    { id: 'p109', name: 'Stoneware mug', price: 2200 },
    { id: 'p112', name: 'Wool throw', price: 12900 },
    { id: 'p120', name: 'Brass reading lamp', price: 16800 },
  ];
  const KEY = 'larch_and_linen_cart';
  const get = (id) => document.getElementById(id);
  const money = (minor) => '$' + (minor / 100).toFixed(2);
  const of = (id) => GOODS.find((good) => good.id === id);
  const element = (tag, text, attributes) => {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    Object.entries(attributes || {}).forEach(([name, value]) => made.setAttribute(name, value));
    return made;
  };

  // A cart is `p100:2,p109:1`: short enough for the link that brings it back, on whichever device the letter is read.
  const parse = (text) => (text || '').split(',').map((part) => part.split(':'))
    .filter(([id, quantity]) => of(id) && /^[1-9]\d?$/.test(quantity))
    .map(([id, quantity]) => ({ id, quantity: Number(quantity) }));
  const write = (lines) => lines.map((line) => line.id + ':' + line.quantity).join(',');
  const asked = new URLSearchParams(location.search).get('cart');
  let lines = parse(asked || localStorage.getItem(KEY));
  const total = () => lines.reduce((sum, line) => sum + of(line.id).price * line.quantity, 0);

  function show() {
    localStorage.setItem(KEY, write(lines));
    const box = get('lines');
    box.replaceChildren();
    box.dataset.cartwrightRestore = '/demo/shop?cart=' + write(lines);
    lines.forEach((line) => {
      const good = of(line.id);
      const row = element('p', '', {
        'data-cartwright-item': good.id, 'data-cartwright-name': good.name, 'data-cartwright-price': (good.price / 100).toFixed(2),
        'data-cartwright-quantity': line.quantity, 'data-cartwright-url': '/demo/shop#' + good.id,
      });
      const less = element('button', '−', { type: 'button', 'aria-label': 'One ' + good.name + ' less' });
      less.addEventListener('click', () => change(good.id, -1));
      const more = element('button', '+', { type: 'button', 'aria-label': 'One ' + good.name + ' more' });
      more.addEventListener('click', () => change(good.id, 1));
      row.append(element('span', good.name, { class: 'what' }), less, element('b', String(line.quantity)), more,
        element('span', money(good.price * line.quantity), { class: 'price' }));
      box.append(row);
    });
    const empty = lines.length === 0;
    if (empty) box.append(element('p', 'Nothing in it yet.', { class: 'soft' }));
    get('sum').hidden = get('checkout').hidden = empty;
    get('total').textContent = money(total());
    get('count').textContent = lines.reduce((sum, line) => sum + line.quantity, 0);
  }

  // The script reads the attributes when the page is loaded; a page that changes its cart says so.
  function tell() {
    if (!window.cartwright) return;
    window.cartwright.cart({
      items: lines.map((line) => ({
        id: line.id, name: of(line.id).name, price: of(line.id).price / 100, quantity: line.quantity, url: '/demo/shop#' + line.id,
      })),
      total: total() / 100, currency: 'USD', restoreUrl: '/demo/shop?cart=' + write(lines),
    });
  }

  function change(id, by) {
    const line = lines.find((one) => one.id === id);
    if (line) line.quantity = Math.min(99, line.quantity + by); else lines.push({ id, quantity: 1 });
    lines = lines.filter((one) => one.quantity > 0);
    get('note').textContent = '';
    show();
    tell();
  }

  GOODS.forEach((good) => {
    const card = element('li', '', { id: good.id });
    const picture = element('span', '', { class: 'picture', 'data-good': good.id, 'aria-hidden': 'true' });
    const add = element('button', 'Add to cart', { type: 'button', 'aria-label': 'Add to cart: ' + good.name });
    add.addEventListener('click', () => change(good.id, 1));
    card.append(picture, element('h2', good.name), element('p', money(good.price), { class: 'price' }), add);
    get('goods').append(card);
  });
  show();
  if (asked && lines.length) get('note').textContent = 'Welcome back. Your cart is as you left it.';

  get('checkout').addEventListener('submit', (event) => {
    event.preventDefault();
    const order = { email: get('email').value, order_id: 'DEMO-' + Date.now(), total_minor: total() };
    fetch('/demo/shop/orders', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(order) })
      .then((answer) => answer.json())
      .then((answer) => {
        if (answer.error) throw new Error(answer.error);
        lines = [];
        show();
        history.replaceState(null, '', '/demo/shop');
        get('note').textContent = 'Thank you. Order ' + order.order_id + ' is on its way.'
          + (answer.recorded ? ' It recovered a cart: look at the overview.' : '');
      })
      .catch((error) => { get('note').textContent = 'That did not work: ' + error.message; });
  });

  document.querySelectorAll('[data-advance]').forEach((button) => {
    button.addEventListener('click', () => {
      fetch('/demo/clock', { method: 'POST', body: JSON.stringify({ advance: button.dataset.advance }) })
        .then((answer) => answer.json())
        .then((answer) => shown(answer.now));
    });
  });
  // The visitor's own zone, as nobody of a shop's guests knows the shop's.
  const shown = (instant) => {
    const at = new Date(instant);
    if (Number.isNaN(at.getTime())) return;
    get('now').dateTime = at.toISOString();
    get('now').textContent = at.toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
  };
  shown(get('now').textContent);
})();

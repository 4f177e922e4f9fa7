// What is nicer with a script and works without one: copying, one open question at a time, Escape, the menu, a
// sign of work, and waiting for something on the server. No page depends on it.
(function () {
  'use strict';
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));

  // Text to copy gets its button here, so that nobody sees one that does nothing.
  if (navigator.clipboard) {
    all('.copy').forEach((box) => {
      const text = box.querySelector('pre');
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = 'Copy';
      button.addEventListener('click', () => {
        navigator.clipboard.writeText(text.textContent.trim()).then(() => {
          button.textContent = 'Copied';
          setTimeout(() => { button.textContent = 'Copy'; }, 2000);
        }, () => {});
      });
      box.classList.add('has-button');
      box.append(button);
    });
  }

  // One question at a time; Escape takes it, or the menu, back.
  const foldable = 'details.confirm, details.menu';
  document.addEventListener('toggle', (event) => {
    const opened = event.target;
    if (!(opened instanceof HTMLDetailsElement) || !opened.open || !opened.matches('details.confirm')) return;
    all('details.confirm[open]').forEach((other) => { if (other !== opened) other.open = false; });
  }, true);
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    all(foldable).filter((one) => one.open).forEach((one) => {
      one.open = false;
      one.querySelector('summary').focus();
    });
  });

  // A form that changes nothing goes as soon as a choice is made.
  all('form[method="get"] select[data-submit]').forEach((select) => {
    select.addEventListener('change', () => select.form.requestSubmit());
  });

  // Whoever sends a form sees that something goes on, and sends it once. What looks into a frame stays as it is.
  document.addEventListener('submit', (event) => {
    const form = event.target;
    const button = event.submitter;
    if (event.defaultPrevented || form.method !== 'post' || (button && button.formTarget)) return;
    if (form.ariaBusy === 'true') { event.preventDefault(); return; }
    form.ariaBusy = 'true';
    if (button) button.ariaBusy = 'true';
  });
  // A page that the browser kept is shown again as it was before.
  window.addEventListener('pageshow', () => all('[aria-busy]').forEach((one) => one.removeAttribute('aria-busy')));

  // The zone of whoever sets a shop up is likely the shop's.
  all('form[data-zone]').forEach((form) => {
    const field = form.elements.namedItem(form.dataset.zone);
    if (field && !field.value) field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || '';
  });

  // Asks an address every few seconds until it answers {"done": true}, and then shows the page anew.
  all('[data-wait-for]').forEach((box) => {
    const every = 3000;
    const ask = () => {
      if (document.hidden) { setTimeout(ask, every); return; }
      fetch(box.dataset.waitFor, { headers: { accept: 'application/json' } })
        .then((answer) => (answer.ok ? answer.json() : { done: false }))
        .catch(() => ({ done: false }))
        .then((answer) => { if (answer.done) location.reload(); else setTimeout(ask, every); });
    };
    setTimeout(ask, every);
  });
})();

// Shows a letter while it is written: presses "Preview" shortly after the last key. A frame of its own for each look,
// shown once it is loaded: nothing flickers, and the browser's way back does not lead through every look.
(function () {
  'use strict';
  const form = document.querySelector('form[data-live]');
  const button = form && form.querySelector('button[data-preview]');
  if (!button || !form.requestSubmit) return;
  let waiting;
  const look = () => {
    const shown = document.querySelector('iframe[name="preview"]');
    const next = document.createElement('iframe');
    next.setAttribute('sandbox', shown.getAttribute('sandbox'));
    next.title = shown.title;
    next.className = 'coming';
    shown.removeAttribute('name');
    next.name = 'preview';
    shown.after(next);
    document.querySelectorAll('.preview iframe.coming').forEach((other) => { if (other !== next) other.remove(); });
    next.addEventListener('load', () => {
      next.classList.remove('coming');
      document.querySelectorAll('.preview iframe').forEach((other) => { if (other !== next) other.remove(); });
    }, { once: true });
    form.requestSubmit(button);
  };
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(look, 350); };
  form.addEventListener('input', (event) => { if (event.target.name !== 'to' && event.target.name !== 'width') soon(); });
})();

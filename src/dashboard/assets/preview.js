// Shows a letter while it is written: presses "Preview" shortly after the last key. A frame of its own for each look,
// shown once it is loaded: nothing flickers, and the browser's way back does not lead through every look.
(function () {
  'use strict';
  const form = document.querySelector('form[data-live]');
  const button = form && form.querySelector('button[data-preview]');
  if (!button || !form.requestSubmit) return;
  let waiting, looks = 0;
  const look = () => {
    const shown = document.querySelector('.preview iframe:not(.coming)');
    document.querySelectorAll('.preview iframe.coming').forEach((other) => other.remove());
    const next = document.createElement('iframe');
    next.setAttribute('sandbox', shown.getAttribute('sandbox'));
    next.title = shown.title;
    next.className = 'coming';
    // A frame keeps the name that it was loaded with, so each has one of its own.
    looks += 1;
    next.name = button.formTarget = 'preview-' + looks;
    shown.after(next);
    next.addEventListener('load', () => {
      next.classList.remove('coming');
      document.querySelectorAll('.preview iframe').forEach((other) => { if (other !== next) other.remove(); });
    }, { once: true });
    form.requestSubmit(button);
  };
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(look, 350); };
  // Pressed by hand it looks into the frame that is shown.
  button.addEventListener('click', (event) => { if (event.isTrusted) { event.preventDefault(); look(); } });
  form.addEventListener('input', (event) => { if (event.target.name !== 'to' && event.target.name !== 'width') soon(); });
})();

// A panel that a button opens where there is no room for it beside the messages.

export class Popover {
  readonly #toggle: HTMLButtonElement;
  readonly #panel: HTMLElement;

  constructor(toggle: HTMLButtonElement, panel: HTMLElement) {
    this.#toggle = toggle;
    this.#panel = panel;
    toggle.addEventListener('click', () => this.show(toggle.getAttribute('aria-expanded') !== 'true'));
    addEventListener('keydown', ({ key }) => {
      if (key !== 'Escape' || !panel.classList.contains('open')) return;
      this.show(false);
      toggle.focus();
    });
    addEventListener('pointerdown', ({ target }) => {
      if (target instanceof Node && !panel.contains(target) && !toggle.contains(target)) this.show(false);
    });
  }

  show(isOpen: boolean): void {
    this.#toggle.setAttribute('aria-expanded', String(isOpen));
    this.#panel.classList.toggle('open', isOpen);
  }
}

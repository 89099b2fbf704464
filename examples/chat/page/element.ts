// Finds the elements that index.html promises, typed; text enters the page by `textContent` alone.

/** The element with this id. */
export function byId<T extends HTMLElement>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`index.html has no ${type.name} with the id ${id}`);
  return element;
}

/** The first element inside `parent` that the selector finds. */
export function inside<T extends Element = HTMLElement>(parent: ParentNode, selector: string): T {
  const element = parent.querySelector<T>(selector);
  if (element === null) throw new Error(`index.html has no ${selector} where one is expected`);
  return element;
}

/** A fresh copy of the one element in a `<template>`. */
export function fromTemplate(id: string): HTMLElement {
  const copy = byId(id, HTMLTemplateElement).content.cloneNode(true) as DocumentFragment;
  return inside(copy, '*');
}

/** Shows a person's initial on a colour that is always the same for the same person. */
export function paintAvatar(avatar: HTMLElement, name: string, person: string): void {
  let hash = 0;
  for (const character of person) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x9e3779b1) >>> 0;
  avatar.style.setProperty('--hue', String(Math.floor((hash / 2 ** 32) * 360)));
  // A grapheme, so that a family of emoji or an accent is not torn apart.
  const [first] = new Intl.Segmenter().segment(name);
  avatar.textContent = (first?.segment ?? '').toLocaleUpperCase();
}

// The door of the page: asks for a name, or comes back as who one was, and opens the chat.

import type { Credential } from '../chat-contract.ts';
import { Invalid, readName } from '../chat-text.ts';
import { connectChat } from './chat-client.ts';
import { ChatPage } from './chat-page.ts';
import { byId } from './element.ts';
import {
  createIdentity,
  forgetIdentity,
  lastName,
  leaveProblem,
  loadIdentity,
  takeProblem,
} from './identity.ts';
import { Plug } from './plug.ts';

const welcome = byId('welcome', HTMLElement);
const page = byId('chat', HTMLDivElement);
const joinForm = byId('join', HTMLFormElement);
const nameInput = byId('name', HTMLInputElement);
const joinProblem = byId('join-problem', HTMLParagraphElement);

/** The close code of a credential that is not accepted. */
const unauthenticated = 4401;

nameInput.value = lastName();
joinForm.addEventListener('submit', (event) => {
  event.preventDefault();
  try {
    start(createIdentity(readName(nameInput.value)));
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    joinProblem.textContent = error.message;
    nameInput.focus();
  }
});
const before = loadIdentity();
if (before === undefined) {
  joinProblem.textContent = takeProblem();
  nameInput.focus();
  nameInput.select();
} else {
  start(before);
}

function start(identity: Credential): void {
  welcome.hidden = true;
  page.hidden = false;
  const plug = new Plug();
  const client = connectChat(identity, plug);
  // The server does not take us for whom we say we are: we begin anew.
  client.onState(({ state, reason }) => {
    if (state !== 'stopped' || reason?.code !== unauthenticated) return;
    forgetIdentity();
    leaveProblem('The server did not accept the name. Choose another one.');
    location.reload();
  });
  new ChatPage(client, plug, identity);
}

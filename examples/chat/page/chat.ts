// The page of the chat: joins, shows what the server tells, sends what one writes, and comes back when it was cut off.

import type { ClientMessage, ServerMessage } from '../chat-message.ts';
import { Composer } from './composer.ts';
import { ConnectionStatus } from './connection-status.ts';
import { byId } from './element.ts';
import { MessageLog } from './message-log.ts';
import { PeopleList } from './people-list.ts';
import { ReconnectingSocket, type SocketState } from './reconnecting-socket.ts';

const welcome = byId('welcome', HTMLElement);
const chat = byId('chat', HTMLDivElement);
const joinForm = byId('join', HTMLFormElement);
const nameInput = byId('name', HTMLInputElement);
const joinProblem = byId('join-problem', HTMLParagraphElement);

/** Proves to the server that a page which joins again is the same page. */
const key = randomToken();
let name = '';
let you: number | undefined;

/** What we wrote and the server has not yet said, in order. */
const outbox = new Map<string, string>();

const log = new MessageLog((id) => say(id));
const people = new PeopleList();
const composer = new Composer({
  onText(text) {
    const id = randomToken();
    outbox.set(id, text);
    log.pending(id, name, text);
    say(id);
  },
  onTyping: (active) => void send({ type: 'typing', active }),
});
const socket = new ReconnectingSocket(new URL('chat', location.href.replace(/^http/, 'ws')).href, {
  onState,
  onMessage: (text) => onMessage(JSON.parse(text) as ServerMessage),
});
const connectionStatus = new ConnectionStatus(() => socket.retryNow());

nameInput.value = localStorage.getItem('name') ?? '';
nameInput.focus();
nameInput.select();
joinForm.addEventListener('submit', (event) => {
  event.preventDefault();
  name = nameInput.value.trim();
  joinProblem.textContent = '';
  joinForm.inert = true;
  socket.connect();
});

function send(message: ClientMessage): boolean {
  return socket.send(JSON.stringify(message));
}

function say(id: string): void {
  const text = outbox.get(id);
  if (you !== undefined && text !== undefined) send({ type: 'say', id, text });
}

function onState(state: SocketState): void {
  if (state.type === 'open') {
    send({ type: 'join', name, key });
    return;
  }
  const wasHere = you !== undefined;
  you = undefined;
  if (!chat.hidden) {
    if (wasHere) people.setStale();
    connectionStatus.show(state);
  } else if (state.type === 'waiting') {
    joinProblem.textContent = 'The server cannot be reached. Trying again …';
  } else if (state.type === 'ended') {
    joinForm.inert = false;
    nameInput.focus();
  }
}

function onMessage(message: ServerMessage): void {
  switch (message.type) {
    case 'welcome':
      onWelcome(message);
      return;
    case 'joined':
      people.add(message.person);
      log.notice(`${message.person.name} joined`);
      return;
    case 'left':
      people.remove(message.person.id);
      log.notice(`${message.person.name} left`);
      return;
    case 'said':
      outbox.delete(message.id);
      people.setTyping(message.from.id, false);
      log.said(message, message.from.id === you);
      return;
    case 'typing':
      people.setTyping(message.id, message.active);
      return;
    case 'refused':
      onRefused(message);
      return;
    default:
      // A newer server may know messages that this page does not.
      message satisfies never;
  }
}

function onWelcome({ you: id, people: everyone, history }: ServerMessage & { type: 'welcome' }): void {
  const firstTime = chat.hidden;
  you = id;
  localStorage.setItem('name', name);
  welcome.hidden = true;
  chat.hidden = false;
  connectionStatus.show({ type: 'open' });
  people.reset(everyone, id);
  for (const said of history) {
    outbox.delete(said.id);
    log.said(said, said.from.id === id);
  }
  if (firstTime) {
    log.notice('You joined');
    composer.focus();
  } else {
    log.notice('You are back');
  }
  for (const pending of outbox.keys()) say(pending);
}

function onRefused({ id, code, reason }: ServerMessage & { type: 'refused' }): void {
  if (id !== undefined) {
    log.refused(id, reason);
  } else if (you === undefined) {
    joinProblem.textContent = reason;
    chat.hidden = true;
    welcome.hidden = false;
    socket.end();
  } else {
    console.warn(`the server refused a message: ${code}, ${reason}`);
  }
}

/** 128 random bits as hexadecimal digits. */
function randomToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

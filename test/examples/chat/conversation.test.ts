import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { ServerMessage } from '../../../examples/chat/chat-message.ts';
import { ChatCloseCode, Conversation, conversationLimits } from '../../../examples/chat/conversation.ts';

/** A page that notes what it was told and why it was sent away. */
class Page {
  readonly heard: ServerMessage[] = [];
  dismissed: number | undefined;

  /** What was told since the last look. */
  news(): ServerMessage[] {
    return this.heard.splice(0);
  }
}

const keyOf = (name: string) => name.replaceAll(' ', '_').padEnd(16, '_');
const idOf = (number: number) => `message-${number}`.padEnd(16, '_');

describe('Conversation', () => {
  let now: number;
  let conversation: Conversation<Page>;
  const send = (page: Page, message: unknown) => conversation.receive(page, JSON.stringify(message));
  const visit = () => {
    const page = new Page();
    conversation.enter(page);
    return page;
  };
  const join = (name: string, key = keyOf(name)) => {
    const page = visit();
    send(page, { type: 'join', name, key });
    return page;
  };
  const say = (page: Page, text: string, number = 1) => send(page, { type: 'say', id: idOf(number), text });
  const refusals = (page: Page) =>
    page.news().flatMap((message) => (message.type === 'refused' ? [message.code] : []));

  beforeEach(() => {
    now = 0;
    conversation = new Conversation<Page>({
      deliver: (recipients, message) => {
        for (const page of recipients) page.heard.push(message);
      },
      dismiss: (page, code) => {
        page.dismissed = code;
      },
      now: () => now,
      date: () => 1_000 + now,
    });
  });

  it('welcomes a newcomer with everyone who is here', () => {
    join('Ada');
    const grace = join('Grace');
    const people = [
      { id: 1, name: 'Ada', typing: false },
      { id: 2, name: 'Grace', typing: false },
    ];
    assert.deepEqual(grace.news(), [{ type: 'welcome', you: 2, people, history: [] }]);
  });

  it('tells the others, and only them, who joined', () => {
    const stranger = visit();
    const ada = join('Ada');
    ada.news();
    join('Grace');
    assert.deepEqual(ada.news(), [
      { type: 'joined', person: { id: 2, name: 'Grace', typing: false }, at: 1_000 },
    ]);
    assert.deepEqual(stranger.news(), []);
  });

  it('tells everyone who joined what is said, the speaker too', () => {
    const [ada, grace, stranger] = [join('Ada'), join('Grace'), visit()];
    ada.news();
    grace.news();
    say(ada, 'hello');
    const said = { type: 'said', id: idOf(1), from: { id: 1, name: 'Ada' }, text: 'hello', at: 1_000 };
    assert.deepEqual(ada.news(), [said]);
    assert.deepEqual(grace.news(), [said]);
    assert.deepEqual(stranger.news(), []);
  });

  it('tells who left, and forgets them', () => {
    const [ada, grace] = [join('Ada'), join('Grace')];
    ada.news();
    conversation.leave(grace);
    assert.deepEqual(ada.news(), [
      { type: 'left', person: { id: 2, name: 'Grace', typing: false }, at: 1_000 },
    ]);
    assert.deepEqual(
      conversation.people.map(({ name }) => name),
      ['Ada'],
    );
  });

  it('tells nobody about a visitor who leaves without a name', () => {
    const ada = join('Ada');
    ada.news();
    conversation.leave(visit());
    assert.deepEqual(ada.news(), []);
  });

  it('hears no more from a visitor who left', () => {
    const [ada, grace] = [join('Ada'), join('Grace')];
    conversation.leave(grace);
    ada.news();
    say(grace, 'still here');
    assert.deepEqual(ada.news(), []);
  });

  it('tells the others about typing when it changes, and not again', () => {
    const [ada, grace] = [join('Ada'), join('Grace')];
    ada.news();
    grace.news();
    for (const active of [true, true, false]) send(ada, { type: 'typing', active });
    assert.deepEqual(grace.news(), [
      { type: 'typing', id: 1, active: true },
      { type: 'typing', id: 1, active: false },
    ]);
    assert.deepEqual(ada.news(), []);
  });

  it('shows a newcomer who is typing, until they said it', () => {
    const ada = join('Ada');
    send(ada, { type: 'typing', active: true });
    const typing = () => conversation.people.map((person) => person.typing);
    assert.deepEqual(typing(), [true]);
    say(ada, 'hello');
    assert.deepEqual(typing(), [false]);
  });

  it('shows a newcomer the newest messages, oldest first', () => {
    const ada = join('Ada');
    for (let number = 1; number <= conversationLimits.maxHistory + 3; number++) {
      now += 1_000;
      say(ada, `text ${number}`, number);
    }
    const [welcome] = join('Grace').news();
    assert.ok(welcome?.type === 'welcome');
    assert.equal(welcome.history.length, conversationLimits.maxHistory);
    assert.equal(welcome.history[0]?.text, 'text 4');
    assert.equal(welcome.history.at(-1)?.text, `text ${conversationLimits.maxHistory + 3}`);
  });

  it('says a message once when the page sends it again, and confirms it', () => {
    const [ada, grace] = [join('Ada'), join('Grace')];
    say(ada, 'hello');
    ada.news();
    grace.news();
    say(ada, 'hello');
    assert.deepEqual(
      ada.news().map(({ type }) => type),
      ['said'],
    );
    assert.deepEqual(grace.news(), []);
  });

  it('takes the same id from another page as another message', () => {
    const [ada, grace] = [join('Ada'), join('Grace')];
    say(ada, 'hello');
    grace.news();
    say(grace, 'world');
    assert.deepEqual(
      grace.news().map((message) => message.type === 'said' && message.text),
      ['world'],
    );
  });

  it('refuses a name that is here, however it is written', () => {
    join('Ada');
    for (const name of ['Ada', 'ADA', 'Ａｄａ']) {
      assert.deepEqual(refusals(join(name, keyOf('another'))), ['NAME_TAKEN'], name);
    }
  });

  it('gives a name free when its owner leaves', () => {
    conversation.leave(join('Ada'));
    assert.equal(join('Ada', keyOf('another')).news()[0]?.type, 'welcome');
  });

  it('lets a page that shows its key take over its lost connection, and nobody notices', () => {
    const [before, grace] = [join('Ada'), join('Grace')];
    grace.news();
    const after = join('Ada');
    assert.equal(before.dismissed, ChatCloseCode.Replaced);
    assert.deepEqual(
      after.news().map((message) => message.type === 'welcome' && message.you),
      [1],
    );
    conversation.leave(before);
    assert.deepEqual(grace.news(), []);
    say(after, 'back again');
    assert.equal(grace.news().length, 1);
  });

  it('refuses everything before a name, and a second name', () => {
    const page = visit();
    say(page, 'hello');
    send(page, { type: 'typing', active: true });
    assert.deepEqual(refusals(page), ['JOIN_FIRST', 'JOIN_FIRST']);
    const ada = join('Ada');
    send(ada, { type: 'join', name: 'Grace', key: keyOf('Grace') });
    assert.deepEqual(refusals(ada), ['JOINED_ALREADY']);
  });

  it('refuses one person too many', () => {
    for (let number = 1; number <= conversationLimits.maxPeople; number++) join(`Person ${number}`);
    assert.deepEqual(refusals(join('One too many')), ['FULL']);
  });

  it('refuses what comes too fast by its id, and accepts again later', () => {
    const ada = join('Ada');
    for (let number = 1; number <= conversationLimits.burst; number++) say(ada, 'hello', number);
    const last = ada.news().at(-1);
    assert.ok(last?.type === 'refused');
    assert.equal(last.code, 'TOO_FAST');
    assert.equal(last.id, idOf(conversationLimits.burst));
    now += 1_000;
    say(ada, 'calm again', 99);
    assert.equal(ada.news().at(-1)?.type, 'said');
  });

  it('sends a page away that is refused again and again, and tells the others', () => {
    const [ada, grace] = [join('Ada'), join('Grace')];
    ada.news();
    for (let count = 0; count < conversationLimits.maxRefusals; count++) send(grace, 'nonsense');
    assert.equal(grace.dismissed, undefined);
    send(grace, 'nonsense');
    assert.equal(grace.dismissed, ChatCloseCode.SentAway);
    assert.deepEqual(
      ada.news().map(({ type }) => type),
      ['left'],
    );
  });

  it('forgives refusals after an accepted message', () => {
    const ada = join('Ada');
    for (let count = 0; count < 3 * conversationLimits.maxRefusals; count++) {
      now += 1_000;
      send(ada, count % 4 === 0 ? { type: 'typing', active: count % 8 === 0 } : 'nonsense');
    }
    assert.equal(ada.dismissed, undefined);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AuthenticationRequest, basic, guest } from '../../../src/server/index.ts';
import { openRealtime, RawClient } from '../realtime-rig.ts';

const check = (user: string, password: string) => (password === 'right' ? { subject: user } : undefined);

describe('basic', () => {
  it('asks about user and password, and refuses or greets who has none', async () => {
    const request = (credentials?: AuthenticationRequest['basic']) =>
      ({ basic: credentials }) as AuthenticationRequest;
    assert.deepEqual(await basic(check)(request({ user: 'ada', password: 'right' })), { subject: 'ada' });
    assert.equal(await basic(check)(request({ user: 'ada', password: 'wrong' })), undefined);
    assert.equal(await basic(check)(request()), undefined);
    assert.equal(await basic(check, { guests: true })(request()), guest);
  });

  it('lets a program in that sends Authorization, and closes with 4401 on a wrong password', async (test) => {
    const { realtime, url } = await openRealtime(test, { authenticate: basic(check) });
    const connect = (password: string): RawClient =>
      new RawClient(test, url, {
        protocols: 'tidewire.v1.json',
        headers: { authorization: `Basic ${Buffer.from(`ada:${password}`).toString('base64')}` },
      } as never);
    await connect('right').hello();
    assert.deepEqual(
      [...realtime.connections].map(({ subject }) => subject),
      ['ada'],
    );
    const refused = connect('wrong');
    void refused.hello();
    assert.equal((await refused.closed).code, 4401);
  });
});

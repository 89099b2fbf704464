// The broker contract: the cases that every implementation of the broker port runs, in memory or over a network.

import { describe, it } from 'node:test';
import { dedupeCases } from './broker-contract/dedupe-cases.ts';
import { failureCases } from './broker-contract/failure-cases.ts';
import type { BrokerCase, BrokerHarness } from './broker-contract/harness.ts';
import { historyCases } from './broker-contract/history-cases.ts';
import { mailboxCases } from './broker-contract/mailbox-cases.ts';
import { orderingCases } from './broker-contract/ordering-cases.ts';
import { presenceCases } from './broker-contract/presence-cases.ts';
import { roomCases } from './broker-contract/room-cases.ts';
import { stateCases } from './broker-contract/state-cases.ts';

export type { BrokerCase, BrokerHarness, BrokerWorld, WorldPower } from './broker-contract/harness.ts';

export const brokerCases: readonly BrokerCase[] = [
  ...orderingCases,
  ...dedupeCases,
  ...historyCases,
  ...stateCases,
  ...mailboxCases,
  ...presenceCases,
  ...failureCases,
  ...roomCases,
];

/**
 * Registers every case with node:test. A case is skipped, with its reason in the report, when the harness says so, or
 * when the world or the broker lacks what it needs; a skip that names no case fails.
 */
export function describeBrokerContract(harness: BrokerHarness): void {
  describe(`${harness.name} keeps the broker contract`, () => {
    for (const brokerCase of brokerCases) {
      const reason = harness.skips?.[brokerCase.name];
      it(brokerCase.name, reason === undefined ? {} : { skip: reason }, async (test) => {
        const missing = await runBrokerCase(brokerCase, harness);
        if (missing !== undefined) test.skip(missing);
      });
    }
    it('skips only cases that exist', () => {
      const names = new Set(brokerCases.map(({ name }) => name));
      const unknown = Object.keys(harness.skips ?? {}).filter((name) => !names.has(name));
      if (unknown.length > 0) throw new Error(`skips that name no case: ${unknown.join('; ')}`);
    });
  });
}

/** Runs one case in its own world, for other test runners. Returns why it does not apply, if so. Rejects when it fails. */
export async function runBrokerCase(
  brokerCase: BrokerCase,
  harness: BrokerHarness,
): Promise<string | undefined> {
  if (brokerCase.isSmall === true && harness.openSmall === undefined) return 'the harness has no openSmall';
  const world = await (brokerCase.isSmall === true ? harness.openSmall!() : harness.open());
  try {
    if (brokerCase.needs !== undefined && world[brokerCase.needs] === undefined) {
      return `the harness has no ${brokerCase.needs}`;
    }
    if (brokerCase.power !== undefined && (await world.connect())[brokerCase.power] === undefined) {
      return `the broker has no ${brokerCase.power}`;
    }
    await brokerCase.run(world, harness.unitMs);
    return undefined;
  } finally {
    await world.close();
  }
}

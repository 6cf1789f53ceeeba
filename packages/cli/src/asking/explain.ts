/** Asks running servers what became of an event for one client. */
import { explain } from '@naru/explain';
import { Server } from 'naru';
import { openHome } from '../backplane-address.js';
import type { ExplainCommand } from '../command.js';

/**
 * Prints the explanation: a sentence, the facts, and the nodes that did not answer or are gone. This program is one
 * more node meanwhile, without clients. Rejects with ConfigError without a backplane that connects servers.
 */
export async function runExplain(command: ExplainCommand, print: (text: string) => void): Promise<void> {
  const { client, event, since, home, isJson } = command;
  const backplane = await openHome(home);
  const io = new Server({ backplane, connectionStateRecovery: {}, printNodes: false });
  try {
    await io.ready();
    const explanation = await explain(io, { client, event, since });
    const { sentence, evidence, missing, fromStore } = explanation;
    const lines = isJson ? [JSON.stringify(explanation)] : [sentence, ...evidence.map((line) => `  ${line}`)];
    if (!isJson && missing.length > 0) lines.push(`These nodes did not answer: ${missing.join(', ')}.`);
    if (!isJson && fromStore.length > 0)
      lines.push(`These nodes are gone, and known by what they had written: ${fromStore.join(', ')}.`);
    print(`${lines.join('\n')}\n`);
  } finally {
    await io.close();
    await backplane.close();
  }
}

/** Credentials that a program gives anew for each uplink, because they end. */
import { type Clock, type OptionTable, readOptions, type SettingsOf, UnavailableError, within } from 'naru/base';

/** Milliseconds for which a program may take to give credentials: fewer than a node waits for an uplink. */
const ASKED_MS = 4_000;

/**
 * Asks a program for its credentials, and checks them. Rejects with UnavailableError if its function fails or is silent
 * for four seconds, and with ConfigError if it gives something else. Both errors name the backplane.
 */
export async function askCredentials<Table extends OptionTable>(
  backplane: string,
  table: Table,
  ask: () => unknown,
  clock: Clock,
): Promise<SettingsOf<Table>> {
  let failure: { readonly reason: unknown } | undefined;
  const asked = (async () => ask())();
  asked.catch((reason: unknown) => {
    failure = { reason };
  });
  const given = await within(clock, asked, ASKED_MS);
  if (given) return readOptions(table, given.value ?? null);
  const { reason } = failure ?? {};
  const why = failure
    ? `has failed: ${reason instanceof Error ? reason.message : String(reason)}`
    : `has not answered for ${ASKED_MS / 1_000} seconds`;
  throw new UnavailableError('CONNECT_FAILED', `Option "credentials" of ${backplane} ${why}.`, reason);
}

/** Waits for the answers of the server. */

/** The answer when none arrived in time. */
export interface Late {
  readonly ok: false;
  readonly why: 'late';
  readonly waitMs?: number;
}

/** Waits for an answer. Resolves to `late` when it does not arrive in time, or when the connection is lost. */
export async function settle<Answer>(asked: Promise<Answer>): Promise<Answer | Late> {
  try {
    return await asked;
  } catch {
    // Either way, the caller asks again when the page is connected.
    return { ok: false, why: 'late' };
  }
}

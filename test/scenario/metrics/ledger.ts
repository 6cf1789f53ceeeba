/** The numbers that a checker has counted, by the names of the metrics that must say the same. */
import { expect } from 'vitest';

/** A query that gives a number for each series, such as `sum by (wire) (naru_sessions)`. */
export type Ask = (query: string) => Promise<ReadonlyMap<string, number>>;

/** The labels of the metrics that are compared. A metric that is missing here is not compared. */
const LABELS = {
  naru_sessions: ['wire'],
  naru_sessions_opened_total: ['wire'],
  naru_sessions_ended_total: ['wire', 'reason'],
  naru_upgrades_total: ['from', 'to'],
  naru_upgrades_failed_total: [],
  naru_handshakes_refused_total: ['reason'],
  naru_handshakes_foreign_total: [],
  naru_sockets: [],
  naru_sockets_joined_total: ['session'],
  naru_sockets_left_total: ['reason'],
  naru_sockets_refused_total: [],
  naru_namespaces: [],
  naru_rooms: [],
  naru_events_received_total: [],
  naru_events_sent_total: [],
  naru_acknowledgements_received_total: [],
  naru_acknowledgements_sent_total: [],
  naru_messages_received_total: [],
  naru_received_bytes_total: [],
  naru_packets_sent_total: [],
  naru_sent_bytes_total: [],
  naru_slow_readers: [],
  naru_slow_readers_began_total: ['policy'],
  naru_slow_readers_ended_total: [],
  naru_log_records_appended_total: [],
  naru_log_records_heard_total: [],
  naru_log_appends_refused_total: [],
  naru_log_flights: [],
  naru_log_events_waiting: [],
  naru_log_gaps_total: [],
  naru_recoveries_total: ['place'],
  naru_recoveries_failed_total: ['reason'],
  naru_sessions_taken_total: [],
  naru_backplane_state: ['state'],
  naru_nodes_came_total: [],
  naru_nodes_went_total: ['how'],
  naru_ready: [],
  naru_not_ready: ['reason'],
  naru_permissions_refused_total: ['act', 'code'],
  naru_limits_reached_total: ['outcome'],
  naru_drains_began_total: [],
  naru_drains_ended_total: [],
} as const;

/** The end of a client that leaves its SSE stream just as the server writes to it. Other sessions have none. */
const RESET = /^(sse,)?transport error$/;

/** A metric that is compared. */
export type Compared = keyof typeof LABELS;

/** The numbers of a checker. */
export class Ledger {
  readonly #ask: Ask;
  readonly #numbers = new Map<string, number>();
  /** The metrics that were compared. */
  readonly compared = new Set<Compared>();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Counts. The labels stand in the order of the table, with commas between them. */
  add(metric: Compared, labels = '', by = 1): void {
    const key = `${metric} ${labels}`.trim();
    this.#numbers.set(key, (this.#numbers.get(key) ?? 0) + by);
  }

  /** Returns a number of the checker. */
  number(metric: Compared, labels = ''): number {
    return this.#numbers.get(`${metric} ${labels}`.trim()) ?? 0;
  }

  /** Takes the present numbers of Prometheus as the beginning of metrics that are compared from here on. */
  async begin(...metrics: readonly Compared[]): Promise<void> {
    for (const metric of metrics) for (const [key, value] of await this.#read(metric)) this.#numbers.set(key, value);
  }

  /** Resolves when metrics have exactly these numbers, and no others. */
  async agrees(...metrics: readonly Compared[]): Promise<void> {
    const own = [...this.#numbers].filter(([key, value]) => value !== 0 && metrics.some((name) => isOf(name, key)));
    const read = async () => {
      const maps = await Promise.all(metrics.map((metric) => this.#read(metric)));
      return Object.fromEntries(maps.flatMap((map) => [...map]).sort());
    };
    await expect.poll(read, { interval: 400, timeout: 15_000 }).toEqual(Object.fromEntries(own.sort()));
    for (const metric of metrics) this.compared.add(metric);
  }

  async #read(metric: Compared): Promise<readonly (readonly [key: string, value: number])[]> {
    const labels = LABELS[metric];
    const found = await this.#ask(`sum by (${labels.join(', ')}) (${metric})`);
    const sums = new Map<string, number>();
    for (const [series, value] of found) {
      const key = `${metric} ${series.replace(RESET, '$1transport close')}`.trim();
      sums.set(key, (sums.get(key) ?? 0) + value);
    }
    return [...sums].filter(([, value]) => value !== 0);
  }

  /** Returns the labels of a metric. */
  static labelsOf(metric: Compared): readonly string[] {
    return LABELS[metric];
  }
}

function isOf(metric: Compared, key: string): boolean {
  return key === metric || key.startsWith(`${metric} `);
}

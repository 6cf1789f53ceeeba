import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { describeWith, PROMTOOL, run } from '../../../test/conformance/events/programs.js';
import { makeFolder } from '../../../test/kit/folders.js';
import { readText } from '../../../test/tidy/source.js';
import { METRICS } from '../src/table.js';
import { metricsIn, RULES } from './queries.js';

const file = fileURLToPath(new URL('../alerts/naru.yml', import.meta.url));
const known = new Map(METRICS.map((metric) => [metric.name, metric]));

/** For each alert, the numbers of one server at which it fires after `minutes`, and those at which it does not. */
const CASES: Readonly<Record<string, { minutes: number; firing: Series; quiet: Series }>> = {
  NaruNotReady: {
    minutes: 5,
    firing: { 'naru_not_ready{reason="backplane"}': '1x20' },
    quiet: { 'naru_not_ready{reason="backplane"}': '0x20', 'naru_not_ready{reason="closing"}': '1x20' },
  },
  NaruHomeOfLogGone: {
    minutes: 5,
    firing: { 'naru_backplane_state{state="away"}': '1x20' },
    quiet: { 'naru_backplane_state{state="away"}': '0x20', 'naru_backplane_state{state="slow"}': '1x20' },
  },
  NaruEventLoopLate: {
    minutes: 10,
    firing: { naru_event_loop_delay_seconds: '0.3x20' },
    quiet: { naru_event_loop_delay_seconds: '0.1x20' },
  },
  NaruHandshakesRefused: {
    minutes: 15,
    firing: { 'naru_handshakes_refused_total{reason="crowded"}': '0+120x20' },
    quiet: { 'naru_handshakes_refused_total{reason="unknownSid"}': '0+120x20' },
  },
  NaruPingTimeouts: {
    minutes: 25,
    firing: {
      'naru_sessions_ended_total{wire="websocket",reason="ping timeout"}': '0+60x30',
      'naru_sessions_ended_total{wire="websocket",reason="transport close"}': '0+30x30',
    },
    quiet: {
      'naru_sessions_ended_total{wire="websocket",reason="ping timeout"}': '0+60x30',
      'naru_sessions_ended_total{wire="websocket",reason="transport close"}': '0+90x30',
    },
  },
  NaruSlowReaders: {
    minutes: 15,
    firing: { naru_slow_readers: '20x20', 'naru_sessions{wire="websocket"}': '100x20' },
    quiet: { naru_slow_readers: '2x20', 'naru_sessions{wire="websocket"}': '100x20' },
  },
  NaruAppendsRefused: {
    minutes: 7,
    firing: { naru_log_appends_refused_total: '0+1x20' },
    quiet: { naru_log_appends_refused_total: '4x20' },
  },
  NaruAppendsSlow: {
    minutes: 20,
    firing: {
      'naru_log_append_seconds_bucket{le="0.5"}': '0+90x30',
      'naru_log_append_seconds_bucket{le="1"}': '0+100x30',
      'naru_log_append_seconds_bucket{le="+Inf"}': '0+100x30',
    },
    quiet: {
      'naru_log_append_seconds_bucket{le="0.5"}': '0+100x30',
      'naru_log_append_seconds_bucket{le="1"}': '0+100x30',
      'naru_log_append_seconds_bucket{le="+Inf"}': '0+100x30',
    },
  },
  NaruRecoveriesFailed: {
    minutes: 25,
    firing: {
      'naru_recoveries_failed_total{reason="gap"}': '0+60x30',
      'naru_recoveries_total{place="here"}': '0+6x30',
    },
    quiet: {
      'naru_recoveries_failed_total{reason="gap"}': '0+60x30',
      'naru_recoveries_total{place="here"}': '0+90x30',
    },
  },
  NaruNodesLost: {
    minutes: 10,
    firing: { 'naru_nodes_went_total{how="lost"}': '0+1x20' },
    quiet: { 'naru_nodes_went_total{how="left"}': '0+1x20', 'naru_nodes_went_total{how="lost"}': '1x20' },
  },
};

type Series = Readonly<Record<string, string>>;

/** Returns how urgent an alert is. */
function severityOf(title: string): string | undefined {
  const [, rule = ''] = readFileSync(file, 'utf8').split(`- alert: ${title}\n`);
  return /severity: (\w+)/.exec(rule)?.[1];
}

/** Adds the labels that a scrape adds. */
function scraped(name: string): string {
  const where = 'job="naru",instance="a:9400"';
  return name.endsWith('}') ? name.replace('}', `,${where}}`) : `${name}{${where}}`;
}

/** Returns a test of promtool: how often an alert fires at numbers. */
const testOf = (alert: string, series: Series, minutes: number, count: number) => ({
  interval: '1m',
  input_series: Object.entries(series).map(([name, values]) => ({ series: scraped(name), values })),
  promql_expr_test: [
    {
      expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) or vector(0)`,
      eval_time: `${minutes}m`,
      exp_samples: [{ labels: '{}', value: count }],
    },
  ],
});

describe('the alert rules', () => {
  it('are about metrics of the table, with labels that these have', () => {
    expect(RULES.map(({ title }) => title)).toEqual(Object.keys(CASES));
    for (const { title, text } of RULES) {
      expect([title, metricsIn(text).length]).not.toEqual([title, 0]);
      for (const name of metricsIn(text)) expect([title, name, known.has(name)]).toEqual([title, name, true]);
      for (const [, name = '', matchers = ''] of text.matchAll(/\b(naru_\w+)\{([^}]*)\}/g)) {
        for (const [, label = '', values = ''] of matchers.matchAll(/(\w+)[=!]~?"([^"]*)"/g)) {
          const all = known.get(metricsIn(name)[0] ?? '')?.labels[label];
          for (const value of values.split('|'))
            expect([title, label, value, all?.has(value)]).toEqual([title, label, value, true]);
        }
      }
    }
  });

  it('have each critical counter and gauge in the command of docs/operations.md', () => {
    const [, pattern = ''] = /grep -E '([^']+)'/.exec(readText('docs/operations.md')) ?? [];
    const isPrinted = (series: string): boolean => new RegExp(pattern).test(`${series} 1`);
    const critical = RULES.filter(({ title }) => severityOf(title) === 'critical').flatMap(({ title }) =>
      Object.keys(CASES[title]?.firing ?? {})
        .filter((series) => known.get(metricsIn(series)[0] ?? '')?.kind !== 'histogram')
        .map((series) => [title, series, isPrinted(series)]),
    );
    expect(new Set(critical.map(([title]) => title)).size).toBeGreaterThan(2);
    expect(critical.filter(([, , printed]) => !printed)).toEqual([]);
    for (const series of ['naru_backplane_state{state="up"}', 'naru_nodes_went_total{how="left"}', 'naru_ready'])
      expect([series, isPrinted(series)]).toEqual([series, false]);
  });

  it('say what is wrong and what to do', () => {
    const text = readFileSync(file, 'utf8');
    for (const field of ['summary', 'description', 'severity'])
      expect(text.match(new RegExp(`^ +${field}: .{5,}`, 'gm'))).toHaveLength(RULES.length);
  });
});

describeWith(PROMTOOL, 'promtool', () => {
  it('accepts the rules', async () => {
    expect(await run(PROMTOOL, ['check', 'rules', file])).toContain(`SUCCESS: ${RULES.length} rules found`);
  });

  it('lets each alert fire when it should, and not before', { timeout: 60_000 }, async () => {
    const tests = Object.entries(CASES).flatMap(([alert, { minutes, firing, quiet }]) => [
      testOf(alert, firing, minutes, 1),
      testOf(alert, quiet, minutes, 0),
    ]);
    // JSON is YAML.
    const path = join(makeFolder({}), 'test.json');
    writeFileSync(path, JSON.stringify({ rule_files: [file], evaluation_interval: '1m', tests }));
    expect(await run(PROMTOOL, ['test', 'rules', path])).toMatch(/SUCCESS\s*$/);
  });
});

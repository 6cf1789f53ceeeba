// Makes the tables of docs/metrics.md from the table of the metrics, so that they cannot differ.

/** Returns the labels of a metric, each with its values and with the one that stands for all others. */
const labelsOf = ({ labels }) => Object.keys(labels).map((name) => `\`${name}\``);

/** Returns the table of these metrics. */
export function metricTable(metrics) {
  const rows = metrics.map((metric) => {
    const { name, otel, kind, help } = metric;
    return `| \`${name}\` | \`${otel}\` | ${kind} | ${labelsOf(metric).join(', ') || 'none'} | ${help} |`;
  });
  return ['| Prometheus | OpenTelemetry | Kind | Labels | What it says |', '|---|---|---|---|---|', ...rows].join('\n');
}

/** Returns the table of all labels with their values. */
export function labelTable(metrics) {
  const values = new Map();
  for (const { name, labels } of metrics)
    for (const [label, set] of Object.entries(labels)) {
      const key = `${label}: ${[...set].join()}`;
      const known = values.get(key) ?? { label, set, names: [] };
      values.set(key, { ...known, names: [...known.names, name] });
    }
  const rows = [...values.values()].map(({ label, set, names }) => {
    const texts = [...set].map((value) => `\`${value}\``).join(', ');
    return `| \`${label}\` | ${names.map((name) => `\`${name}\``).join(', ')} | ${texts} |`;
  });
  return ['| Label | Metrics | Values |', '|---|---|---|', ...rows].join('\n');
}

/** Returns the table of the alert rules in a file: each name, how urgent it is, and after how long it fires. */
export function alertTable(text) {
  const rules = text.split('- alert: ').slice(1);
  const field = (rule, name) => new RegExp(`^ +${name}: (.+)$`, 'm').exec(rule)?.[1] ?? 'at once';
  const rows = rules.map((rule) => {
    const name = rule.slice(0, rule.indexOf('\n'));
    return `| \`${name}\` | ${field(rule, 'severity')} | ${field(rule, 'for')} |`;
  });
  return ['| Alert | Severity | After |', '|---|---|---|', ...rows].join('\n');
}

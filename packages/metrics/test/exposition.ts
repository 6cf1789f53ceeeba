/** Reads the text that Prometheus reads. */

/** Returns each series with its number. Labels are in alphabetical order: `name{a="1",b="2"}`. */
export function seriesIn(text: string): Map<string, number> {
  const series = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === '') continue;
    const sorted = labels === '' ? [] : (labels.match(/\w+="(?:[^"\\]|\\.)*"/g) ?? []).sort();
    series.set(sorted.length > 0 ? `${name}{${sorted.join(',')}}` : name, Number(value));
  }
  return series;
}

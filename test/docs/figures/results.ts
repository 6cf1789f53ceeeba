/** Reads bench/RESULTS.md: the ratios by row, and the tables of its sections. */

/** A table: its rows by their first cell, and the cells of a row by their column. */
type Table = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The numbers of RESULTS.md. */
export interface Results {
  /** The ratios, by row. A row with several ratios has its first one here. */
  readonly ratios: ReadonlyMap<string, number>;
  /** The tables, by the id of their section. */
  readonly sections: ReadonlyMap<string, Table>;
}

/** Reads the text of RESULTS.md. */
export function readResults(text: string): Results {
  const ratios = new Map<string, number>();
  const sections = new Map<string, Table>();
  for (const section of text.split(/^## /m).slice(1)) {
    const table = readTable(section);
    const id = /^.*\(`([\w-]+)`\)$/m.exec(section.split('\n')[0] ?? '')?.[1];
    if (id !== undefined) sections.set(id, table);
    if (!section.startsWith('Ratios\n')) continue;
    for (const [name, cells] of table) {
      const row = name.replace(/:.*/, '');
      const ratio = numberOf([...cells.values()][0] ?? '');
      if (!ratios.has(row) && ratio !== undefined) ratios.set(row, ratio);
    }
  }
  return { ratios, sections };
}

/** Returns the first number of a cell. */
export function numberOf(cell: string): number | undefined {
  const text = /^(\d[\d,]*(?:\.\d+)?)/.exec(cell)?.[1];
  return text === undefined ? undefined : Number(text.replaceAll(',', ''));
}

function readTable(section: string): Table {
  const [head = [], , ...rows] = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  return new Map(
    rows.map(([name = '', ...cells]) => [name, new Map(cells.map((cell, index) => [head[index + 1] ?? '', cell]))]),
  );
}

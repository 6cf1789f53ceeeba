/** Makes each table of the documents from the source below `root`. */
export function makeTables(root: string): Record<string, string> & { readonly bounds: string };
/** The document with each of its tables made anew. */
export function fillTables(text: string, tables: Readonly<Record<string, string>>): string;

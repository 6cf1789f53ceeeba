// Written by npm run docs. The declarations of what the entry exports, and of their base classes, without comments.

// makeFolder
declare function makeFolder(folder: string, mode?: number): void;

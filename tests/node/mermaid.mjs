// Parses each file given, with each Mermaid: prints one line of JSON per pair; exit 1 on any error.
import fs from "node:fs";
import { JSDOM } from "jsdom";

const window = new JSDOM("").window;
globalThis.window = window; // before Mermaid is imported: its sanitizer binds to it
globalThis.document = window.document;

let bad = 0;
for (const name of ["mermaid-11", "mermaid-12"]) {
  const { default: mermaid } = await import(name);
  for (const file of process.argv.slice(2)) {
    const text = fs.readFileSync(file, "utf8");
    try {
      const { diagramType } = await mermaid.parse(text);
      const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
      const vertices = diagram.db.getVertices?.() ?? new Map();
      const labels = [...vertices.values()].map((vertex) => vertex.text);
      console.log(JSON.stringify({ name, file, ok: true, diagramType, labels }));
    } catch (error) {
      bad = 1;
      console.log(JSON.stringify({ name, file, ok: false, message: String(error.message) }));
    }
  }
}
process.exit(bad);

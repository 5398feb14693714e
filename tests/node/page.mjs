// Opens a page of `flowc graph -o x.html`, moves its slider through all failures, clicks all boxes,
// and prints what it says as JSON.
import fs from "node:fs";
import { JSDOM, VirtualConsole } from "jsdom";

const problems = [];
const virtualConsole = new VirtualConsole();
virtualConsole.on("jsdomError", (error) => problems.push(String(error.message)));
const { window } = new JSDOM(fs.readFileSync(process.argv[2], "utf8"), {
  runScripts: "dangerously",
  pretendToBeVisual: true,
  virtualConsole,
});
const { document } = window;
const slider = document.getElementById("failure");
const named = (name) => [...document.querySelectorAll(`svg .node.${name}`)].map((one) => one.id);
const states = [];
for (let n = 0; n <= Number(slider.max); n += 1) {
  slider.value = String(n);
  slider.dispatchEvent(new window.Event("input"));
  states.push({
    said: document.getElementById("said").value,
    story: document.getElementById("story").hidden ? "" : document.getElementById("story").textContent,
    steps: [...document.querySelectorAll("#story li")].map((one) => one.textContent),
    failed: named("failed"),
    undone: named("undone"),
    end: named("end"),
  });
}
const facts = {};
for (const box of document.querySelectorAll("svg .node[role=button]")) {
  box.dispatchEvent(new window.MouseEvent("click", { bubbles: true }));
  facts[box.id] = document.getElementById("facts").textContent;
}
const tags = [...new Set([...document.querySelectorAll("*")].map((one) => one.localName))];
console.log(JSON.stringify({ problems, states, facts, tags, scripts: document.scripts.length }));

// Validates definitions of Step Functions (files) and prints what is wrong with each, as JSON.
import fs from "node:fs";
import { createRequire } from "node:module";

// asl-validator compiles its schemas, which are always the same, anew for each definition
const require = createRequire(createRequire(import.meta.url).resolve("asl-validator"));
const ajv = require("ajv");
const Ajv = ajv.default;
let compiled;
ajv.default = function (options) {
  if (compiled) {
    compiled.addKeyword = () => compiled; // the same again
  }
  compiled ??= new Ajv(options);
  return compiled;
};

const check = require("asl-validator");
const found = {};
for (const path of process.argv.slice(2)) {
  const { isValid, errors } = check(JSON.parse(fs.readFileSync(path, "utf8")));
  found[path] = isValid ? [] : errors;
}
console.log(JSON.stringify(found));

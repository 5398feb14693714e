// Validates definitions of Step Functions (files) and prints what is wrong with each, as JSON.
import fs from "node:fs";
import validate from "asl-validator";

const check = validate.default ?? validate;
const found = {};
for (const path of process.argv.slice(2)) {
  const { isValid, errors } = check(JSON.parse(fs.readFileSync(path, "utf8")));
  found[path] = isValid ? [] : errors;
}
console.log(JSON.stringify(found));

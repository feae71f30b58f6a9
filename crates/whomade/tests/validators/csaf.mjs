// Holds VEX documents against CSAF 2.0: its schema and every mandatory test.
// Usage: node csaf.mjs FILE ...; exits 1 if anything is wrong.
import { readFileSync } from 'node:fs'
import validate from '@secvisogram/csaf-validator-lib/validate.js'
import * as mandatory from '@secvisogram/csaf-validator-lib/mandatoryTests.js'
import * as schema from '@secvisogram/csaf-validator-lib/schemaTests.js'

const tests = [...Object.values(schema), ...Object.values(mandatory)]
let wrong = 0
for (const path of process.argv.slice(2)) {
  const result = await validate(tests, JSON.parse(readFileSync(path, 'utf8')))
  console.log(`csaf ${path}: ${result.isValid ? 'valid' : 'INVALID'}`)
  for (const one of result.tests.filter((one) => !one.isValid)) {
    console.log(`  ${one.name}: ${JSON.stringify(one.errors).slice(0, 600)}`)
  }
  wrong += result.isValid ? 0 : 1
}
process.exit(wrong ? 1 : 0)

// Builds everything the pages are served with: `npm --prefix web run build`, or `node build.mjs DIR` to build elsewhere
// (tests build into an empty directory and compare). The output depends on this directory, the lock file and the templates alone.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const out = resolve(process.argv[2] ?? join(here, '../src/idp/web'))
const modules = join(here, 'node_modules')

const ICONS = [
  'arrow-left', 'ban', 'check', 'circle-alert', 'circle-check', 'clock', 'external-link',
  'globe', 'life-buoy', 'log-out', 'refresh-cw', 'triangle-alert', 'user', 'wrench',
]
const LICENSES = { Inter: '@fontsource-variable/inter', Lucide: 'lucide-static', daisyUI: 'daisyui', 'Tailwind CSS': 'tailwindcss' }

mkdirSync(join(out, 'static'), { recursive: true })
mkdirSync(join(out, 'templates/icons'), { recursive: true })

const css = spawnSync(process.execPath, [
  join(modules, '@tailwindcss/cli/dist/index.mjs'),
  '--input', join(here, 'app.css'), '--output', join(out, 'static/app.css'), '--minify',
], { cwd: here, stdio: ['ignore', 'inherit', 'inherit'] })
if (css.status !== 0) process.exit(css.status ?? 1)

copyFileSync(join(modules, '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2'), join(out, 'static/inter.woff2'))
for (const name of ['check_session.js', 'favicon.svg', 'onward.js', 'submit.js', 'walk.js']) copyFileSync(join(here, name), join(out, 'static', name))

for (const name of ICONS) {
  const source = readFileSync(join(modules, 'lucide-static/icons', `${name}.svg`), 'utf8')
  const shapes = source.slice(source.indexOf('>', source.indexOf('<svg')) + 1, source.indexOf('</svg>')).replace(/\s*\n\s*/g, '')
  writeFileSync(join(out, 'templates/icons', `${name}.svg`),
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2"'
    + ` stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${shapes}</svg>\n`)
}

writeFileSync(join(out, 'static/licenses.txt'), Object.entries(LICENSES).map(([title, folder]) => {
  const { version } = JSON.parse(readFileSync(join(modules, folder, 'package.json'), 'utf8'))
  return `${title} ${version}\n\n${readFileSync(join(modules, folder, 'LICENSE'), 'utf8').trim()}\n`
}).join('\n----\n\n'))

// The style and the little script of the HTML report.

export const pageStyle = `
:root { color-scheme: light dark; --back: light-dark(#fbfaf7, #14171a); --ink: light-dark(#1c2126, #e4e6e8);
  --soft: light-dark(#6a737b, #98a1a9); --line: light-dark(#e3e0d8, #2b3137); --card: light-dark(#fff, #1b1f24);
  --strict: light-dark(#2f9e63, #3fb878); --acceptable: light-dark(#d9a520, #e0b341);
  --informational: light-dark(#4c8fc7, #62a3da); --failed: light-dark(#d2453d, #ec6a61);
  --skipped: light-dark(#cfcbc1, #3c444c); }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 74rem; padding: 2rem 1.25rem 4rem; background: var(--back); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 1.9rem; letter-spacing: -.02em; margin: 0 } h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem }
header p { color: var(--soft); margin: .6rem 0 } header b { color: var(--ink) }
small { color: var(--soft); font-weight: 400; font-size: .78rem } a { color: inherit; text-underline-offset: 3px }
table { border-collapse: collapse; width: 100%; background: var(--card); border: 1px solid var(--line); border-radius: 8px }
th, td { padding: .35rem .6rem; border-top: 1px solid var(--line); text-align: center; vertical-align: top }
thead th { border-top: 0; position: sticky; top: 0; background: var(--card); z-index: 1; font-size: .85rem }
thead small { display: block } th[scope=row] { text-align: left; font-weight: 400; width: 99% }
.summary td { min-width: 7.5rem } .summary th[scope=row] { width: auto; white-space: nowrap } .all { font-weight: 600 }
.all th { font-weight: 600 !important }
.bar { display: flex; height: .7rem; border-radius: 4px; overflow: hidden; gap: 1px; margin-top: .35rem }
.bar i { min-width: 2px } i.strict { background: var(--strict) } i.acceptable { background: var(--acceptable) }
i.informational { background: var(--informational) } i.failed { background: var(--failed) } i.skipped { background: var(--skipped) }
.cases td i, .legend i, details p i { display: inline-block; width: .8rem; height: .8rem; border-radius: 3px; vertical-align: -1px }
.cases td { min-width: 4.5rem } .legend span { margin-right: 1.1rem } .legend i { margin-right: .4rem }
details > summary { cursor: pointer; list-style: none } summary code { font-size: .82rem; margin-right: .5rem }
details p { margin: .3rem 0 .3rem 1rem } .section { color: var(--soft) }
pre { margin: .2rem 0 .6rem 1rem; padding: .6rem .8rem; background: var(--back); border-radius: 6px; overflow-x: auto; font-size: .78rem }
.filter { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; margin: 1.5rem 0 0 }
.filter input[type=search] { font: inherit; padding: .35rem .7rem; border: 1px solid var(--line); border-radius: 6px;
  background: var(--card); color: inherit; min-width: 16rem } .filter label { color: var(--soft) }
[hidden] { display: none } footer { margin-top: 3rem; color: var(--soft) }
@media (max-width: 40rem) { .summary td { min-width: 4rem } th, td { padding: .3rem } }
`;

export const pageScript = `
const form = document.querySelector('.filter');
const rows = [...document.querySelectorAll('.cases tbody tr')];
const show = () => {
  const text = form.querySelector('[type=search]').value.toLowerCase();
  const wanted = new Set([...form.querySelectorAll(':checked')].map((box) => box.value));
  for (const row of rows) row.hidden = !wanted.has(row.dataset.worst) || !row.dataset.text.includes(text);
  for (const section of document.querySelectorAll('section')) section.hidden = !section.querySelector('tbody tr:not([hidden])');
};
form.addEventListener('input', show);
form.addEventListener('submit', (event) => event.preventDefault());
`;

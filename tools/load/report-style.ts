/** The style sheet of the report; it stands in the page, so that one file is the whole report. */
export const reportStyle = `
:root { color-scheme: light dark;
  --paper: #fbfaf8; --ink: #1c1b1a; --soft: #6d6a66; --line: #e4e0da; --card: #fff;
  --one: #2563a8; --two: #c2571a; --three: #a8a29a; --good: #22774a; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #161514; --ink: #ece9e4; --soft: #9b968f; --line: #34312e; --card: #1e1d1b;
  --one: #7db4ee; --two: #f0975c; --three: #6f6a64; --good: #6fcf97; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 40px 24px 64px; }
h1 { margin: 0; font-size: 30px; letter-spacing: -0.02em; }
header p { margin: 4px 0 0; color: var(--soft); max-width: 62ch; }
header { display: flex; justify-content: space-between; align-items: flex-start; gap: 24px; }
.verdict { padding: 6px 14px; border-radius: 999px; font-weight: 600; white-space: nowrap;
  border: 1px solid currentColor; }
.passed { color: var(--good); } .failed { color: var(--bad); }
.cards { display: grid; grid-template-columns: repeat(8, 1fr); gap: 1px;
  margin: 28px 0; background: var(--line); border: 1px solid var(--line); border-radius: 10px;
  overflow: hidden; }
.cards div { background: var(--card); padding: 14px 16px; }
.cards dt { color: var(--soft); font-size: 13px; }
.cards dd { margin: 2px 0 0; font-size: 22px; font-variant-numeric: tabular-nums;
  letter-spacing: -0.01em; }
.cards small { font-size: 13px; color: var(--soft); }
@media (max-width: 820px) { .cards { grid-template-columns: repeat(4, 1fr); } }
figure { margin: 0 0 20px; padding: 16px 20px 8px; background: var(--card);
  border: 1px solid var(--line); border-radius: 10px; }
figcaption { display: flex; gap: 12px; align-items: baseline; flex-wrap: wrap; }
figcaption span, .legend { color: var(--soft); font-size: 13px; }
.legend { display: flex; gap: 16px; margin: 6px 0; } .unit { margin-left: auto; }
.key::before { content: ""; display: inline-block; width: 14px; height: 3px; margin: 0 6px 4px 0;
  background: currentColor; border-radius: 2px; }
svg { width: 100%; height: auto; display: block; }
.grid { stroke: var(--line); } .axis { fill: var(--soft); font-size: 12px; }
.line { fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linejoin: round; }
.area { fill: currentColor; opacity: 0.16; stroke: none; }
.one { color: var(--one); } .two { color: var(--two); } .three { color: var(--three); }
.bad { color: var(--bad); }
.key.one, .key.two, .key.three, .key.bad { color: inherit; }
.key.one::before { background: var(--one); } .key.two::before { background: var(--two); }
.key.three::before { background: var(--three); } .key.bad::before { background: var(--bad); }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
h2 { font-size: 17px; margin: 32px 0 8px; }
th, td { text-align: left; padding: 7px 12px 7px 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th { color: var(--soft); font-weight: 500; width: 11em; }
td.number { text-align: right; } thead th { width: auto; } thead th.number { text-align: right; }
footer { margin-top: 28px; color: var(--soft); font-size: 13px; max-width: 76ch; }
`;

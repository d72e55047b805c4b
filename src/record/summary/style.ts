/** The summary's looks: the page's own colours (src/viewer/styles/tokens.css), on paper and on graphite. */
export const SUMMARY_STYLE = `
:root{color-scheme:dark light;--bg:#0f1110;--surface:#161918;--line:#2a2f2d;--strong:#606965;--text:#e9ece8;--muted:#9fa8a3;--accent:#c4e456;--on-accent:#171b09}
@media (prefers-color-scheme:light){:root{--bg:#f2f3ee;--surface:#fafaf7;--line:#dcdfd6;--strong:#868e85;--text:#171b18;--muted:#566059;--accent:#4a6300;--on-accent:#fff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:70rem;padding:2.5rem 1.25rem 4rem;background:var(--bg);color:var(--text);font:400 1rem/1.5 ui-sans-serif,system-ui,"Segoe UI","Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
header p{margin:0;color:var(--muted);font-size:.85rem}
h1{margin:.1rem 0 0;font-size:clamp(1.5rem,4vw,2.1rem);line-height:1.2;letter-spacing:-.015em;overflow-wrap:anywhere}
section{margin-top:2.5rem}
h2{margin:0 0 .9rem;font-size:1.05rem;letter-spacing:-.005em}
h3{margin:0;font-size:.8rem;font-weight:400;color:var(--muted)}
figure{margin:0}
.note,figcaption,label{color:var(--muted);font-size:.85rem}
.note{margin:.6rem 0}
svg{display:block;width:100%;height:100%;overflow:visible}
svg.stack polygon{stroke:var(--surface);stroke-width:.75;vector-effect:non-scaling-stroke}
svg.line polyline{stroke-width:1.5;stroke-linejoin:round;vector-effect:non-scaling-stroke}
.timeline{background:var(--surface);border:1px solid var(--line);border-radius:10px;padding:1rem 1.25rem 1.1rem 4rem}
.timeline .plot{position:relative;height:15rem}
.timeline .plot svg{position:relative}
.grid{position:absolute;left:0;right:0;border-top:1px solid var(--line)}
.grid span{position:absolute;right:100%;top:-.62rem;padding-right:.6rem;white-space:nowrap;font-size:.78rem;line-height:1.25rem;color:var(--muted)}
.marks{position:relative;height:2rem}
.marks a{position:absolute;bottom:.45rem;translate:-50%;min-width:1.5rem;height:1.5rem;padding:0 .3rem;border-radius:.75rem;background:var(--accent);color:var(--on-accent);font-size:.8rem;font-weight:600;line-height:1.5rem;text-align:center;text-decoration:none;box-shadow:0 0 0 2px var(--surface)}
.marks a::after{content:"";position:absolute;left:50%;top:100%;height:calc(.45rem + 15rem);border-left:1px dashed var(--strong);pointer-events:none;z-index:1}
.ticks{position:relative;height:1.6rem;font-size:.78rem;color:var(--muted)}
.ticks span{position:absolute;top:.35rem;translate:-50%;white-space:nowrap}
.ticks span::before{content:"";position:absolute;left:50%;top:-.35rem;height:.3rem;border-left:1px solid var(--strong)}
.timeline figcaption{margin:.5rem 0 0 -2.75rem}
.confidence{position:relative;margin-top:.9rem;color:var(--muted)}
.confidence h3{margin-left:-2.75rem}
.confidence .plot{height:2.5rem;margin-top:.3rem;border-bottom:1px solid var(--line)}
.scroll{overflow-x:auto;background:var(--surface);border:1px solid var(--line);border-radius:10px}
table{width:100%;border-collapse:collapse;font-size:.9rem}
th,td{padding:.55rem 1.25rem;text-align:right;font-weight:400;white-space:nowrap}
thead th{color:var(--muted);font-size:.8rem}
tbody tr{border-top:1px solid var(--line)}
th:first-child{text-align:left}
th.over-time{text-align:left}
td.over-time{width:45%;min-width:9rem;height:3rem;padding-block:.45rem}
td.over-time svg{height:2.1rem}
.swatch{display:inline-block;width:.8em;height:.8em;margin-right:.55em;border-radius:.22em;box-shadow:inset 0 0 0 1px rgb(128 128 128/.45);vertical-align:-.04em}
input{accent-color:var(--accent);width:1.1rem;height:1.1rem;margin:0 .5rem 0 0;vertical-align:-.15rem}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15.5rem),1fr));gap:1.4rem 1.1rem;margin-top:.9rem;align-items:start}
.picture{position:relative;overflow:hidden;border-radius:8px;background:#080908}
.picture img{position:absolute;inset:0;width:100%;height:100%}
.picture .mask{opacity:.6;transition:opacity .15s}
#masks:not(:checked)~.gallery .mask{opacity:0}
.gallery figcaption p{margin:.55rem 0 .1rem;color:var(--text)}
.gallery figcaption p span{color:var(--muted);margin-left:.5rem}
.gallery b{display:inline-block;min-width:1.5rem;margin-right:.35rem;padding:0 .3rem;border-radius:.75rem;background:var(--accent);color:var(--on-accent);font-size:.8rem;font-weight:600;line-height:1.5rem;text-align:center}
.gallery ul{display:flex;flex-wrap:wrap;gap:.1rem .9rem;margin:0;padding:0;list-style:none}
figure:target .picture{outline:2px solid var(--accent);outline-offset:3px}
:focus-visible{outline:2px solid var(--accent);outline-offset:3px}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));gap:0 2rem;margin:0;font-size:.9rem}
dl div{display:flex;justify-content:space-between;gap:1rem;padding:.45rem 0;border-top:1px solid var(--line)}
dt{color:var(--muted);white-space:nowrap}
dd{margin:0;text-align:right;overflow-wrap:anywhere}
@media (max-width:40rem){body{padding:1.5rem 1rem 3rem}.timeline{padding:.8rem 1rem .9rem 3.2rem}.timeline .plot,.marks a::after{height:11rem}.confidence .plot{height:2rem}.timeline figcaption,.confidence h3{margin-left:-2.2rem}.ticks span:nth-child(even){visibility:hidden}th,td{padding-inline:.55rem}table{font-size:.82rem}.over-time{display:none}.gallery{grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:1.1rem .8rem}}
@media (prefers-reduced-motion:reduce){*{transition:none!important}}
@media print{body{background:#fff}.picture,figure,tr{break-inside:avoid}}
`;

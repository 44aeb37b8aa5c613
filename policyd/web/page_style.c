/* SPDX-License-Identifier: ISC */
/*
 * Whoever changes a byte of it puts its new hash into PAGE_POLICY; test_page
 * tells which. Contrast of texts is at least 4.5 to 1 in both schemes.
 */
#include <stddef.h>

#include "policyd/web/page_private.h"

static const char colours[] =
    "\n:root{color-scheme:light dark;"
    "--back:#f4f5f7;--card:#fff;--text:#1b2026;--soft:#545d68;--line:#d6dbe1;"
    "--link:#0a4da8;--bar:#4577b3;--grid:#e4e8ec;--well:#15622c;"
    "--fault:#a5161b;--fault-back:#fdeeee;--note:#6a4700;--note-back:#fff7e0}\n"
    "@media (prefers-color-scheme:dark){:root{"
    "--back:#121518;--card:#1a1e23;--text:#e3e7eb;--soft:#a3acb6;--line:#"
    "343b44;"
    "--link:#8bb8f5;--bar:#6a9ad4;--grid:#2a3038;--well:#7fd096;"
    "--fault:#ff9c94;--fault-back:#3a1b1b;--note:#efcf7f;--note-back:#30280f}}"
    "\n";

static const char frame[] =
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;max-width:96rem;padding:0 1rem 2rem;"
    "background:var(--back);color:var(--text);"
    "font:15px/1.45 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\","
    "\"DejaVu Sans\",sans-serif;font-variant-numeric:tabular-nums;"
    "overflow-wrap:break-word}\n"
    "a{color:var(--link)}\n"
    ":focus-visible{outline:3px solid var(--link);outline-offset:2px}\n"
    "main:focus{outline:none}\n"
    ".skip{position:absolute;left:1rem;top:-5rem;padding:.4rem .8rem;"
    "background:var(--card)}\n"
    ".skip:focus{top:.4rem}\n"
    ".unseen{position:absolute;width:1px;height:1px;overflow:hidden;"
    "clip-path:inset(50%);white-space:nowrap}\n"
    "header{display:flex;flex-wrap:wrap;align-items:baseline;"
    "justify-content:space-between;gap:0 1.5rem;padding:1rem 0 .6rem}\n"
    "header p{margin:0;color:var(--soft)}\n"
    "header p.stale{color:var(--fault)}\n"
    ".again{margin-left:.6rem;white-space:nowrap}\n"
    "h1{font-size:1.5rem;margin:0}\n"
    "h2{font-size:1.1rem;margin:0 0 .6rem}\n"
    "h3{font-size:.95rem;margin:0 0 .3rem}\n"
    "section{background:var(--card);border:1px solid var(--line);"
    "border-radius:6px;padding:.9rem 1rem;margin:0 0 .9rem}\n"
    "section>:last-child,li:last-child{margin-bottom:0}\n"
    "p{margin:0 0 .6rem}\n"
    ".soft{color:var(--soft);font-size:.87rem}\n"
    ".late,.fault{color:var(--fault)}\n"
    "time{white-space:nowrap}\n"
    "bdi{overflow-wrap:anywhere}\n"
    "nav{display:flex;flex-wrap:wrap;gap:.3rem 1rem;color:var(--soft)}\n";

static const char figures[] =
    ".well{color:var(--well);font-weight:600}\n"
    ".findings{list-style:none;margin:0;padding:0}\n"
    "li{padding:.45rem .7rem;margin-bottom:.4rem;border-radius:4px;"
    "border-left:4px solid}\n"
    ".findings .fault{background:var(--fault-back)}\n"
    ".findings .note{background:var(--note-back);color:var(--note)}\n"
    ".figures{display:grid;margin:0;gap:.9rem 1rem;"
    "grid-template-columns:repeat(auto-fit,minmax(8rem,1fr))}\n"
    ".figure{border-left:3px solid var(--line);padding-left:.7rem}\n"
    ".figure time{white-space:normal}\n"
    ".figure.late{border-color:var(--fault)}\n"
    ".figure.pause{border-color:var(--note);color:var(--note)}\n"
    "dt{color:var(--soft);font-size:.87rem}\n"
    "dd{margin:0}\n"
    ".figure dd:not(.soft){font-size:1.2rem;font-weight:600;line-height:1.35}\n"
    ".facts{margin:0}\n"
    ".facts div{display:flex;justify-content:space-between;gap:1rem;"
    "padding:.2rem 0;border-bottom:1px solid var(--grid)}\n"
    ".facts .share{padding-left:1.2rem}\n"
    ".facts dt{font-size:inherit}\n"
    ".facts dd{text-align:right}\n"
    ".two,.beside,.charts{display:grid;gap:1.2rem 2rem;"
    "grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr))}\n"
    ".beside,.charts{margin-bottom:.6rem}\n";

static const char charts[] =
    "svg{display:block;width:100%;max-width:30rem;height:auto}\n"
    "svg text{font-size:10.5px;fill:var(--soft);text-anchor:middle}\n"
    "svg .scale{text-anchor:end}\n"
    "svg .value{font-size:10px;fill:var(--text)}\n"
    "svg .late{fill:var(--fault);font-weight:600}\n"
    ".bar{fill:var(--bar)}\n"
    ".over{fill:var(--fault)}\n"
    ".grid{stroke:var(--grid)}\n"
    ".part{stroke:var(--soft);stroke-dasharray:2 3}\n"
    "details{margin:.2rem 0 .4rem}\n"
    "summary{cursor:pointer;color:var(--link);font-size:.87rem;"
    "width:max-content;max-width:100%}\n"
    ".chart>.soft{margin:0}\n";

static const char tables[] =
    "table{border-collapse:collapse;width:100%;font-size:.9rem}\n"
    "caption{text-align:left;color:var(--soft);padding:0 0 .3rem}\n"
    "th,td{text-align:left;vertical-align:top;padding:.28rem .9rem .28rem 0;"
    "border-bottom:1px solid var(--grid)}\n"
    "thead th{color:var(--soft);font-weight:600;"
    "border-bottom:1px solid var(--line);vertical-align:bottom}\n"
    "tbody th{font-weight:400}\n"
    ".pairs{width:auto;min-width:60%;margin-top:.4rem}\n"
    ".pairs td,.pairs th:last-child,#rules-table :is(th,td):nth-child(n+3),"
    "#next-table :is(th,td):nth-child(5){text-align:right}\n"
    ".wide{overflow-x:auto;margin:0 0 .6rem}\n"
    "#rules-table{width:auto;min-width:min(100%,36rem)}\n"
    "#next-table{white-space:nowrap}\n"
    "#next-table tbody th{font-family:ui-monospace,\"DejaVu Sans Mono\","
    "monospace;font-size:.95em}\n"
    "#next-table .text{white-space:normal;min-width:13rem;contain:paint}\n"
    "@media (max-width:48rem){#next-table .text{min-width:20rem}}\n"
    "tr>:last-child{padding-right:.3rem}\n"
    "tbody tr:hover{background:var(--back)}\n"
    "@media (forced-colors:active){.bar{fill:CanvasText}.over{fill:Highlight}"
    ".grid,.part{stroke:GrayText}svg text{fill:CanvasText}}\n"
    "@media print{body{background:none;max-width:none}.skip,footer,.again"
    "{display:none}section{break-inside:avoid-page}}\n";

const char *const page_style[] = {
    colours, frame, figures, charts, tables, NULL};

#!/bin/sh
# The main job on real input. Run by `make demo`, with flowc on the PATH.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold='' plain=''; fi
say() { printf '\n%s# %s%s\n' "$bold" "$1" "$plain"; }
show() { printf '$ %s\n' "$*"; "$@"; }

say "Check: names, types, sagas, time. A clean process is silent."
show flowc lint .

say "A process that forgets to take its money back: one finding, with the story of it."
sed '/compensate payments.refund/d' order.flow > "$work/order.flow"
show flowc lint --select uncompensated-effect "$work/order.flow" || test $? = 1

say "One canonical layout."
show flowc fmt --check .

say "Draw it: the way forward, and what is undone in which order."
show flowc graph order.flow -o "$work/order.svg"
cp "$work/order.svg" ../order.svg && echo "look at order.svg"
for flow in order trip onboard; do
  for format in svg png html dot mmd json; do
    flowc graph "$flow.flow" -o "$work/$flow.$format" --quiet
  done
done
echo "order, trip and onboard are drawn as $(cd "$work" && ls order.* | sed 's/order.//' | grep -v flow | xargs)"

say "Compile it to durable Python."
printf '$ flowc build order.flow --target python -o out\n'
flowc build order.flow --target python -o "$work/out" | sed "s|$work/||" | grep -v runtime/

say "Run it, durably: an order that goes through ..."
show flowc run order.flow --input @order.json --services order_services.py --state "$work/run.db"

say "... and one whose card is declined, and whose stock is released."
show flowc run order.flow --input @order_declined.json --services order_services.py \
  --state "$work/run.db" || test $? = 1

say "What it did, drawn on the flow."
printf '$ flowc graph order.flow --run o-1002 --state run.db -o run.svg\n'
flowc graph order.flow --run o-1002 --state "$work/run.db" -o "$work/run.svg" --quiet
cp "$work/run.svg" ../run.svg && echo "look at run.svg"

say "A dear trip waits for a manager's word. The process may die meanwhile ..."
TRIP_WORLD="$work/world.json"
export TRIP_WORLD
printf '$ flowc run trip.flow --input @trip.json --services trip_services.py --state trips.db &\n'
flowc run trip.flow --input @trip.json --services trip_services.py --state "$work/trips.db" \
  2> "$work/told" > /dev/null &
trip=$!
until grep -q "waits for an answer" "$work/told"; do
  kill -0 $trip 2> /dev/null || { cat "$work/told"; exit 1; }
  sleep 0.1
done
printf '$ kill -9 %s; flowc status t-2001 --state trips.db\n' $trip
{ kill -9 $trip; wait $trip || true; } 2> /dev/null
flowc status t-2001 --state "$work/trips.db" | sed "s|$work/||"

say "... she answers from elsewhere, and another process goes on from there."
answer='{"granted": true, "reason": "customers first"}'
printf "$ flowc signal t-2001 ruling '%s' --state trips.db\n" "$answer"
flowc signal t-2001 ruling "$answer" --state "$work/trips.db" --quiet
printf '$ flowc run trip.flow --services trip_services.py --state trips.db\n'
flowc run trip.flow --services trip_services.py --state "$work/trips.db"

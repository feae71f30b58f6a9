#!/usr/bin/env bash
# A scan of modelled devices in two network namespaces, beside nmap, RustScan and zmap where they
# are installed. Prints seconds, and packets and bytes per device as the interface counts them.
#
#   sudo bench/scan.sh target/release/whomade [DEVICES] [DEVICES FOR nmap -sV] [whole]
#
# With `whole` a scan of every address of the /16 is timed, too: most of them are silent.
#
# Nothing leaves the two namespaces, which are taken away at the end.
set -euo pipefail
whomade=$(realpath "$1")
count=${2:-1000}
few=${3:-100}
whole=${4:-}
ports=80,554,443,8000,37777,34567,81,82,88,8080,8899,8554,10554,8443,6036,9008,9000,1756,10000,21,22,23
here=$(mktemp -d)
cd "$here"
a=whomade-a-$$ b=whomade-b-$$
farm=
end() {
  [ -z "$farm" ] || kill -INT "$farm" 2>/dev/null || true
  ip netns del "$a" 2>/dev/null || true
  ip netns del "$b" 2>/dev/null || true
  rm -rf "$here"
}
trap end EXIT
ip netns add "$a"
ip netns add "$b"
ip link add wm0 netns "$a" type veth peer name wm1 netns "$b"
ip -n "$a" addr add 10.99.0.1/24 dev wm0
ip -n "$b" addr add 10.99.0.2/24 dev wm1
for one in "$a" "$b"; do ip -n "$one" link set lo up; done
ip -n "$a" link set wm0 up
ip -n "$b" link set wm1 up
# All of the /16 lies behind one way, so that no table of neighbours is too small; what is no
# device's there is silent.
ip -n "$a" route add 10.200.0.0/16 via 10.99.0.2
ip -n "$b" route add blackhole 10.200.0.0/16
ip -n "$b" route add local 10.200.0.0/19 dev lo
ip netns exec "$b" "$whomade" farm --count "$count" --at 10.200.0.0/19 --truth truth.csv \
  > counts.txt 2> farm.txt &
farm=$!
sleep 5
cat > scope.toml <<T
[[scope]]
network = "10.200.0.0/16"
owner = "whoever runs this"
basis = "namespaces of this machine"
until = "$(date -d '+1 day' +%F)"
T
tail -n +2 truth.csv | cut -d, -f1 > all
head -n "$few" all > few
counted() {
  for one in tx_packets rx_packets tx_bytes rx_bytes; do
    ip netns exec "$a" cat /sys/class/net/wm0/statistics/$one
  done | tr '\n' ' '
}
timed() {
  local name=$1 devices=$2
  shift 2
  local before after from until
  before=$(counted)
  from=$(date +%s.%N)
  ip netns exec "$a" timeout 600 "$@" > "out.$name" 2> "err.$name" || true
  until=$(date +%s.%N)
  after=$(counted)
  echo "$before $after $from $until" | awk -v name="$name" -v n="$devices" '{
    printf "%-12s %5d devices %8.2f s; per device %6.1f packets and %7.0f B out, %6.1f and %7.0f B in\n",
      name, n, $10 - $9, ($5 - $1) / n, ($7 - $3) / n, ($6 - $2) / n, ($8 - $4) / n }'
}
scan=("$whomade" scan --scope scope.toml --no-search --stations --no-config --csv)
timed whomade "$count" "${scan[@]}" --targets-from all --rate 10000 --parallel 1024 --log all.ndjson
timed whomade-few "$few" "${scan[@]}" --targets-from few --rate 10000 --log few.ndjson
timed whomade-ports "$count" "${scan[@]}" --targets-from all --ports-only --rate 30000 \
  --parallel 4096 --log ports.ndjson
if [ -n "$whole" ]; then
  # Every address of the /16, of which most are silent: the system knocks twice at each first port.
  ulimit -n 20000
  timed whomade-16 "$count" "${scan[@]}" 10.200.0.0/16 --rate 20000 --parallel 16384 \
    --log whole.ndjson
fi
if command -v nmap > /dev/null; then
  timed nmap-sV "$few" nmap -sV -n -Pn -p $ports -iL few
fi
if command -v rustscan > /dev/null; then
  timed rustscan "$count" rustscan -a all -p $ports -g --no-banner -b 4000 --ulimit 9000
fi
if command -v zmap > /dev/null; then
  gateway=$(ip netns exec "$b" cat /sys/class/net/wm1/address)
  : > empty
  timed zmap-80 "$count" zmap -p 80 -i wm0 -G "$gateway" -S 10.99.0.1 -b empty -r 10000 -c 2 \
    10.200.0.0/22 -o zmap.txt
fi
kill -INT "$farm"
wait "$farm" || true
farm=
python3 - <<'P'
import collections, csv, json, os, re
truth = {row["address"]: row for row in csv.DictReader(open("truth.csv"))}
found = {row["device"]: row for row in csv.DictReader(open("out.whomade"))}
hosts = [json.loads(line) for line in open("ports.ndjson")]
opened = sum(len(host["open"]) for host in hosts if "open" in host)
print("open ports found by ports alone:", opened)
if os.path.exists("out.rustscan"):
    lists = re.findall(r"\[([0-9,]+)\]", open("out.rustscan").read())
    print("open ports found by RustScan:   ", sum(len(one.split(",")) for one in lists))
marks = collections.Counter()
for address, row in truth.items():
    said = found.get(address)
    if said is None:
        marks["not found"] += 1
        continue
    # The answer has names, the truth ids: both begin alike.
    named = said["maker"].lower().split(" ")[0]
    wanted = row["maker"] or "unknown"
    marks["right" if named == wanted else "unknown" if named == "unknown" else "wrong"] += 1
print("marked:", dict(marks))
P

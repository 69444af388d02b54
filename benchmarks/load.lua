-- What wrk sends: the bodies of a file in turn, one a line, all to one path. It prints one line of JSON in the end.
-- wrk counts answers from 400 on by itself; looking at each answer here would cost the machine more than sending.

local requests, turn = {}, 0

function init(args)
  local path
  for _, given in ipairs(args) do
    local name, value = given:match("^(%a+)=(.*)$")
    if name == "path" then
      path = value
    elseif name == "bodies" then
      for body in io.lines(value) do
        requests[#requests + 1] = wrk.format("POST", path, { ["Content-Type"] = "application/json" }, body)
      end
    end
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local lost = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(
    '\n{"requests": %d, "seconds": %.6f, "bytes": %d, "refusals": %d, "lost": %d, "p50": %.3f, "p95": %.3f, "p99": %.3f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, summary.errors.status, lost,
    latency:percentile(50) / 1000, latency:percentile(95) / 1000, latency:percentile(99) / 1000))
end

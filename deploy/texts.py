"""What is written into a school's files, and said to whoever made them."""

HUB_IN_COMPOSE = """\
data = "/var/lib/labkeeper-hub"
host = "0.0.0.0"
port = 8080
broker = "{scheme}://hub:{password}@broker:{port}"

[influx]
url = "http://influxdb:8086"
version = 2
org = "labkeeper"
database = "labkeeper"
token_file = "/run/secrets/influx_token"
"""
HUB_ON_DEBIAN = """\
data = "/var/lib/labkeeper-hub"
host = "127.0.0.1"
port = 8080
broker = "{scheme}://hub:{password}@127.0.0.1:{port}"
"""
NODE = """\
school = "{school}"
node = "{node}"
{broker}
{signed}
[lab]
id = "{node}"
title = {{ zh = "{node}", en = "{node}" }}

[drivers.zigbee]
driver = "zigbee2mqtt"
base_topic = "lab/{node}/zigbee2mqtt"

[drivers.homie]
driver = "homie"
domain = "{node}"
"""
WITH_ACCOUNT = 'broker = "{scheme}://{node}:{password}@{address}:{port}"'
WITH_CERTIFICATE = 'broker = "mqtts://{address}:8884?certificate=/etc/labkeeper/node.crt&key=/etc/labkeeper/node.key"'
CERTIFICATES = """\
# The door for nodes with certificates of their own: the name in it is the account, and a password opens nothing here.
listener 8884
certfile {secrets}/broker.crt
keyfile {secrets}/broker.key
cafile {folder}/ca.crt
crlfile {folder}/crl.pem
tls_version tlsv1.2
require_certificate true
use_identity_as_username true
max_connections 4000
"""
SIGNED = """\
interlock_keys = ["{key}"]  # of this hub, which signs what two persons agreed on
"""
SIGNED_LATER = """\
# interlock_keys = ["..."]  the hub makes its key at its first start: docs/how-to/guard-a-lab.md
"""
ZIGBEE2MQTT = """\
# for Zigbee2MQTT's configuration.yaml; every device of this lab may use the account, below lab/{node}/ and {node}/5/
mqtt:
  server: {scheme}://{address}:{port}
{authority}  user: {devices}
  password: "{password}"
  base_topic: lab/{node}/zigbee2mqtt
availability:
  enabled: true
"""
AUTHORITY = "  ca: /etc/labkeeper/ca.crt\n"
# Debian's own mosquitto.conf keeps sessions on disk and says where the log goes
DEBIANS_OWN = ("persistence", "log_dest", "log_type")
IN_THE_CONTAINER, ON_DEBIAN = "/mosquitto/config/secrets", "/etc/mosquitto/labkeeper"
BROKER_D = "/mosquitto/config/broker.d"

OF_A_NODE = """
{node}, of {school}:
  to its Pi:     scp -r {folder} pi@{node}:
  there:         sudo install -d -o labkeeper -m 700 /etc/labkeeper
                 sudo install -o labkeeper -m 600 {files} /etc/labkeeper/
  its devices:   account {devices}, its password in zigbee2mqtt.yaml there; they publish below lab/{node}/ and {node}/5/
"""
ENDS_SOON = """
{node}: its certificate ends within three months: make it anew with --renew {node}
"""
TO_THE_CONTAINER = """
A broker that runs already reads its accounts anew, and throws out who has none any more:
  docker compose -f {compose} kill -s HUP broker
"""
SECOND_DOOR = """
Nodes with certificates come in at port 8884. Restart the broker after the first one, for it opens no port as it runs:
  docker compose -f {compose} up -d broker && docker compose -f {compose} restart broker
"""
TO_DEBIANS_BROKER = """
The broker, here (`restart` the first time, later `reload`, which throws out who has no account any more):
  sudo install -d -o mosquitto -m 700 /etc/mosquitto/labkeeper
  sudo install -o mosquitto -m 600 {files} /etc/mosquitto/labkeeper/
  sudo install -m 644 {conf} /etc/mosquitto/conf.d/
  sudo systemctl restart mosquitto
"""

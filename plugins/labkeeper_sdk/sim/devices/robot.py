"""Robot kit with two motors, and the gripper that plugs into it as a child device."""

from collections.abc import Mapping
from random import Random

from labkeeper_sdk.sim import physics
from labkeeper_sdk.sim.homie import Node, Property
from labkeeper_sdk.sim.messages import Scalar

SLEW_PER_S = 400.0
"""Percent of full speed a second: a small gear motor's time constant is tens of ms; it is at speed in a quarter."""
TURN_PER_S = 300.0
"""Degrees a second of the gripper's servo: 60° take the usual 9 g servo 0.1 s without load, twice that with it."""
IDLE_LIFE_H, MOTOR_LIFE_H = 20.0, 2.0
LOW_PERCENT = 15.0
WHEEL_CM_S = 40.0
NEAREST_CM, FARTHEST_CM = 5.0, 200.0

IDENTIFY = Property("Show yourself", "enum", "identify", settable=True, retained=False)


class RobotKit:
    """Two motors that move toward what they were told, a battery that they empty, a distance sensor in front."""

    title = "Robot kit"
    nodes: Mapping[str, Node] = {
        "motors": Node(
            "Motors",
            {
                side: Property(f"{side.capitalize()} motor", "integer", "-100:100", "%", settable=True, target=True)
                for side in ("left", "right")
            },
        ),
        "sensors": Node("Sensors", {"distance": Property("Distance ahead", "float", "0:400", "cm")}),
        "power": Node("Power", {"battery": Property("Battery", "integer", "0:100", "%")}),
        "kit": Node("Kit", {"identify": IDENTIFY}),
    }

    def __init__(self, random: Random) -> None:
        self._random = random
        self._battery = random.uniform(60, 95)
        self._distance = 80.0
        self._lab_s = 0.0
        self.power_on()

    def power_on(self) -> None:
        """Stand still."""
        self._speed = {"left": 0.0, "right": 0.0}
        self._goal = {"left": 0.0, "right": 0.0}

    def measure(self, lab_s: float) -> Mapping[str, Scalar]:
        """Return distance and battery; motors that turn empty it faster."""
        dt_s, self._lab_s = max(0.0, lab_s - self._lab_s), lab_s
        effort = sum(map(abs, self._speed.values())) / 200
        life_h = 1 / (1 / IDLE_LIFE_H + effort / MOTOR_LIFE_H)
        self._battery = physics.battery_after(self._battery, dt_s, life_h=life_h)
        noise = self._random.gauss(0, 0.3)
        seen = min(FARTHEST_CM, max(NEAREST_CM, self._distance + noise))
        return {"sensors/distance": round(seen, 1), "power/battery": round(self._battery)}

    def outputs(self) -> Mapping[str, Scalar]:
        """Return both speeds in percent."""
        return {f"motors/{side}": round(speed) for side, speed in self._speed.items()}

    def command(self, name: str, value: Scalar) -> Mapping[str, Scalar]:
        """Give a motor its goal, or show itself; a motor moves only with time."""
        if name == "kit/identify":
            return {name: value}
        self._goal[name.removeprefix("motors/")] = float(value)
        return {}

    def advance(self, dt_s: float) -> Mapping[str, Scalar]:
        """Return the speeds that changed; driving changes the distance ahead, a wall turns it back."""
        before = self.outputs()
        for side, goal in self._goal.items():
            self._speed[side] = physics.towards(self._speed[side], goal, SLEW_PER_S * dt_s)
        forward = sum(self._speed.values()) / 200 * WHEEL_CM_S * dt_s
        self._distance = min(FARTHEST_CM, max(NEAREST_CM, self._distance - forward))
        return {name: speed for name, speed in self.outputs().items() if speed != before[name]}

    def alerts(self) -> Mapping[str, str]:
        """Return that the battery is low, when it is."""
        if self._battery >= LOW_PERCENT:
            return {}
        return {"battery": f"Battery is low: {round(self._battery)} %"}


class Gripper:
    """A servo on the kit: its angle moves toward what it was told."""

    title = "机器人夹爪"
    nodes: Mapping[str, Node] = {
        "servo": Node(
            "Servo", {"angle": Property("Opening angle", "integer", "0:120", "°", settable=True, target=True)}
        ),
    }

    def __init__(self) -> None:
        self.power_on()

    def power_on(self) -> None:
        """Close."""
        self._angle = self._goal = 0.0

    def measure(self, lab_s: float) -> Mapping[str, Scalar]:  # noqa: ARG002 - a servo measures nothing
        """Return nothing: it has no sensors."""
        return {}

    def outputs(self) -> Mapping[str, Scalar]:
        """Return the angle in degrees."""
        return {"servo/angle": round(self._angle)}

    def command(self, name: str, value: Scalar) -> Mapping[str, Scalar]:  # noqa: ARG002 - it has one property only
        """Give the servo its goal."""
        self._goal = float(value)
        return {}

    def advance(self, dt_s: float) -> Mapping[str, Scalar]:
        """Return the angle where it changed."""
        before = self.outputs()
        self._angle = physics.towards(self._angle, self._goal, TURN_PER_S * dt_s)
        return {name: angle for name, angle in self.outputs().items() if angle != before[name]}

    def alerts(self) -> Mapping[str, str]:
        """Return nothing: it knows of no trouble."""
        return {}

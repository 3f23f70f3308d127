"""What a school writes about a robot: where its rosbridge is, and which topics are points."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from labkeeper_drivers.declared import DeclaredPoint
from labkeeper_sdk import Title, form

STOP = "stop"
NAME = r"^/?[A-Za-z_][A-Za-z0-9_/]*$"


class RosPoint(DeclaredPoint):
    """A point and the field of a message it is: `linear.x`, `ranges.0`.

    An actuator is confirmed by `feedback_topic` and `feedback_field`, where the robot says how it stands; without
    them by its own topic, which only shows that ROS has carried the message. `repeat_s` publishes it again and again.
    """

    topic: str = Field(pattern=NAME)
    message: str = Field(pattern=NAME)
    field: str = "data"
    feedback_topic: str = ""
    feedback_message: str = ""
    feedback_field: str = "data"
    repeat_s: float = Field(default=0.0, ge=0, le=10)

    @property
    def heard(self) -> tuple[str, str, str]:
        """Return topic, message type and field where its value is heard."""
        if self.feedback_topic:
            return self.feedback_topic, self.feedback_message, self.feedback_field
        return self.topic, self.message, self.field


class RosbridgeConfiguration(BaseModel):
    """Where the robot is, and what of it is to be seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(description="address of rosbridge", json_schema_extra=form(Title(zh="地址", en="Address")))
    port: int = Field(
        9090, ge=1, le=65_535, description="its port", json_schema_extra=form(Title(zh="端口", en="Port"))
    )
    tls: bool = Field(False, description="wss instead of ws", json_schema_extra=form(Title(zh="加密", en="TLS")))
    points: dict[str, RosPoint] = Field(
        description="the points, by name", json_schema_extra=form(Title(zh="测点", en="Points"))
    )
    stop_topic: str = Field(
        "",
        description="a topic that stops the robot; makes an action of the name stop",
        json_schema_extra=form(Title(zh="停止话题", en="Stop topic")),
    )
    stop_message: str = Field(
        "geometry_msgs/msg/Twist",
        description="its message type",
        json_schema_extra=form(Title(zh="停止消息类型", en="Stop message type")),
    )
    stop_content: dict[str, Any] = Field(
        default={},
        description="its fields; without any all are zero, which is standing still for a Twist",
        json_schema_extra=form(Title(zh="停止消息内容", en="Stop message")),
    )
    stop_after_s: float = Field(
        1.0,
        ge=0,
        le=10,
        description="how long without the hub until the stop topic is published",
        json_schema_extra=form(Title(zh="失联停车（秒）", en="Stop after (s)")),
    )

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name, point in self.points.items():
            point.point(name)
        if self.stop_topic and STOP in self.points:
            raise ValueError("points: stop is the action of stop_topic")
        return self

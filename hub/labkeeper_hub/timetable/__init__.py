"""The timetable: a school's year, its weekly slots, bookings without conflicts, and what was taught."""
